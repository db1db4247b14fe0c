"""A call and its outcome, free of MCP's types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from hub.access.principal import Principal
from hub.connector.asking import Asking, Question
from hub.connector.messages import MessageReport
from hub.connector.progress import ProgressReport
from hub.results.content import Content

Kind = Literal["tool", "resource", "prompt"]

INPUT_REQUIRED = "input_required"
"""Code of an outcome that is a question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What somebody wants done.

    Attributes:
        id: Unique; names the call in audit, logs and errors.
        kind: What `name` names.
        name: Tool or prompt name as the caller wrote it, or the URI of a resource (of a template, to complete it).
        arguments: As the caller sent them; checked in the validate stage.
        principal: Who is calling.
        transport: `http`, `sse`, `stdio`, `cli` or `memory`.
        progress: Where progress goes, if the caller asked.
        messages: Where log messages go, if the caller wants them.
        asking: What the client can be asked and has answered so far; None where it cannot be asked anything.
        completes: The argument whose values are asked for, beginning with what `arguments` has for it; None if
            the thing itself is asked for.
    """

    id: str
    kind: Kind
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    principal: Principal
    transport: str
    progress: ProgressReport | None = None
    messages: MessageReport | None = None
    asking: Asking | None = None
    completes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it.

    Attributes:
        content: What the caller gets to see.
        mime_type: Of a resource's text.
        error: Code of the error (see hub.errors), or None.
        retry_after: Seconds, where the error knows.
        upstream: Whether anything may have reached the service.
        source: Namespace of the connector the content comes from; empty where the hub itself speaks.
        questions: What the caller has to answer before the call can go on; `error` is `INPUT_REQUIRED` then.
        changed: URIs of resources the call changed.
    """

    content: tuple[Content, ...]
    mime_type: str = "text/plain"
    error: str | None = None
    retry_after: float | None = None
    upstream: bool = False
    source: str = ""
    questions: tuple[Question[Any], ...] = ()
    changed: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the call did what was asked."""
        return self.error is None
