"""Stage 2: may this principal know of the item, and call it?"""

from collections.abc import Callable, Sequence

from hub.access.policy import Decision, Policy
from hub.calls.types import Call
from hub.catalog.items import AnyItem
from hub.errors import UnknownName


class Hidden(UnknownName):
    """The policy denies the name. To the caller this is an unknown name; only the audit log is told the truth.

    Args:
        call: What was asked for.
        decision: The denial.
        near: Names like it among those the caller may see, as for a name that does not exist.
    """

    audit_code = "denied"

    def __init__(self, call: Call, decision: Decision, near: Sequence[str]) -> None:
        super().__init__(call.kind, call.name, near)
        self.decision = decision


def authorize(
    policy: Policy,
    call: Call,
    item: AnyItem,
    near: Callable[[], Sequence[str]] = tuple,
    *,
    builtin: bool = False,
) -> Decision:
    """Ask the one decision point.

    Args:
        policy: The policy in force.
        call: Who asks, and by which name.
        item: What the name leads to.
        near: Gives names like the one asked for, among those the caller may see; asked only on a denial.
        builtin: The item is one of the hub's own.

    Returns:
        An allowing decision, or one that asks for an approval.

    Raises:
        Hidden: Denied; word for word the error of a name that does not exist.
    """
    decision = policy.decide(call.principal, item.name, builtin=builtin)
    if not decision.visible:
        raise Hidden(call, decision, near())
    return decision
