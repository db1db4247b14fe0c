"""Stage 4: what needs a person's agreement does not run without it."""

from hub.access.policy import Decision
from hub.calls.types import Call
from hub.catalog.items import AnyItem
from hub.errors import ApprovalRequired


def approve(decision: Decision, call: Call, item: AnyItem) -> None:
    """Let a call pass that needs no approval.

    Raises:
        ApprovalRequired: It needs one. This version has no way to give an approval, so it says so and refuses.
    """
    if decision.verdict != "approve":
        return
    raise ApprovalRequired(
        f"{item.name} needs a person's approval for {call.principal.client} ({decision.rule}),"
        " and this version of the hub cannot collect approvals, so nothing was done",
        hint="Whoever runs the hub can take the name out of require_approval in hub.toml; a repeat is no use",
    )
