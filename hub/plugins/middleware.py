"""Company policy around calls: what a middleware is shown, and what it may do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hub.access.principal import Principal
from hub.results.content import Content


@dataclass(frozen=True, slots=True, kw_only=True)
class CallInfo:
    """A call that the hub's own policy lets through and that has not run yet.

    Attributes:
        id: Names it in audit, logs and errors.
        kind: What is called, read or completed.
        name: With namespace, as roles in hub.toml name it.
        namespace: Of the connector; `hub` for the hub's own.
        uri: Of the resource read.
        principal: Who is calling.
        transport: `http`, `sse`, `stdio`, `cli` or `memory`.
        arguments: Checked against the schema. Values that are or look like secrets are masked.
        writes: Whether it changes something in the service.
        destructive: Whether it deletes or overwrites.
    """

    id: str
    kind: Literal["tool", "resource", "prompt", "completion"]
    name: str
    namespace: str
    uri: str | None
    principal: Principal
    transport: str
    arguments: Mapping[str, Any]
    writes: bool
    destructive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOutcome:
    """What the caller is about to get.

    Attributes:
        content: The result, or the text of the error.
        error: Code of the error, or None.
        upstream: Whether anything may have reached the service.
    """

    content: tuple[Content, ...]
    error: str | None
    upstream: bool


class CallMiddleware:
    """Stands around every call: tools, resources, prompts and completions, the hub's own included.

    It is asked after roles and limits, once the call is on record; what it refuses is recorded as its outcome. Of a
    repeat with an idempotency key it is asked `before` alone, since it has seen the outcome. It runs on the event
    loop and within the call's deadline. If it fails or is not done in time the call is refused.
    """

    order: int = 0
    """The lowest is asked first and sees the outcome last; ties go by the name of the table in hub.toml."""

    async def before(self, call: CallInfo) -> None:
        """Let the call through by returning.

        Raises:
            PolicyRefused: It must not run; the text goes to the caller.
        """

    async def after(self, call: CallInfo, outcome: CallOutcome) -> str | None:
        """Look at the outcome, of a call too that was refused after `before` let it through.

        Returns:
            One line that the caller gets below the result and the audit log keeps; None for nothing.

        Raises:
            PolicyRefused: The caller must not get the result. What the call did is done.
        """
