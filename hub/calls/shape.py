"""Stage 7: what a connector gave back becomes clean text that is short enough to read."""

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, cast

from hub.calls.types import INPUT_REQUIRED, Call, Outcome
from hub.catalog.items import AnyItem, ResourceItem, ToolItem
from hub.config.models import ResultsTable
from hub.connector.asking import Asking
from hub.errors import CallError, ConnectorError
from hub.results.cells import compact_json, plain
from hub.results.content import Audio, Content, Embedded, Image, ResourceLink, Result, Text
from hub.results.cut import HARD_MAX_TOKENS, cut
from hub.results.layout import Layout
from hub.results.outline import outline
from hub.results.page import Page
from hub.results.spill import READ_TOOL, SpilledResult, SpillStore
from hub.results.summary import Summary
from hub.results.table import Table
from hub.results.text import clean_text, estimate_tokens, fits

MAX_BINARY_BYTES = 2 * 1024 * 1024
"""Of the pictures, recordings and embedded files of one result together."""
MAX_PARTS = 50
"""Pieces of content in one result."""
MAX_ERROR_CHARACTERS = 2000
SANDBOX_MARK = "[sandbox: invented data]"
"""First line of every result that comes from a sandbox."""
_SHORT = 64 * 1024
"""Characters up to which a text may be looked at twice."""

LaidOut = Table | Summary | Page

log = logging.getLogger("hub.calls")


def _unchanged(text: str) -> str:
    return text


def shape(
    value: Any,
    *,
    item: AnyItem,
    call: Call,
    settings: ResultsTable,
    spill: SpillStore,
    redact: Callable[[str], str] = _unchanged,
    sandbox: bool = False,
) -> Outcome:
    """Make an outcome of what a tool, resource or prompt returned.

    Takes text, `Table`, `Summary`, `Page`, `Result` and its pieces, pydantic models, dataclass objects, mappings,
    lists, numbers and None; of a resource also bytes. What is longer than `max_tokens` (and in any case than
    `HARD_MAX_TOKENS`) is cut between lines, tables between rows, pages between items; the whole goes to the spill
    store and the text says how to read on. A resource or a prompt is chosen by a person and so may fill the hard
    cap.

    Args:
        value: What the method returned.
        item: Whose method.
        call: The call it was for.
        settings: How long a result may be.
        spill: Keeps the whole of what is cut.
        redact: Masks known secrets; asked before a text is cut or kept.
        sandbox: The data are invented, so the result begins by saying so; it is plain text then.

    Raises:
        ConnectorError: The value is nothing that can be shown.
    """

    def clean(text: str) -> str:
        return redact(clean_text(text))

    tool = isinstance(item, ToolItem)
    limit = min(settings.max_tokens, HARD_MAX_TOKENS) if tool and item.name != READ_TOOL else HARD_MAX_TOKENS
    if call.transport == "cli":
        limit = math.inf  # a terminal or a pipe takes it all, and the store would end with the command
    mime_type = item.declaration.mime_type if isinstance(item, ResourceItem) else "text/plain"
    if sandbox:
        limit -= estimate_tokens(SANDBOX_MARK)
    elif type(value) is str and len(value) <= _SHORT and fits(text := clean(value) or "no text", limit):
        return Outcome(content=(Text(text),), mime_type=mime_type, source=item.namespace)
    source = f"{item.name} {SANDBOX_MARK}" if sandbox else item.name
    store = partial(spill.put, call.principal, mime_type=mime_type, source=source)
    try:
        content, was_cut = _fitted(_parts(value, mime_type, call), limit, store, clean, tool=tool)
    except CallError:
        raise
    except Exception as error:
        log.exception("the result of %s in call %s cannot be shown", item.name, call.id)
        raise ConnectorError(
            f"{item.name} gave back a result that cannot be shown ({type(error).__name__})",
            hint=f"The hub's log has the details under call {call.id}",
        ) from None
    if sandbox:
        content = _marked(content)
    mime_type = "text/plain" if was_cut or sandbox else mime_type
    return Outcome(content=content, mime_type=mime_type, source=item.namespace)


def _marked(content: tuple[Content, ...]) -> tuple[Content, ...]:
    match content:
        case (Text(text=text), *rest):
            return (Text(f"{SANDBOX_MARK}\n{text}"), *rest)
        case _:
            return (Text(SANDBOX_MARK), *content)


def shape_error(error: CallError, *, source: str = "", redact: Callable[[str], str] = _unchanged) -> Outcome:
    """Make an outcome of an error: what failed, what to do next, and when to retry.

    Args:
        error: What was raised.
        source: Namespace of the connector it comes from, if from one.
        redact: Masks known secrets.
    """
    text = redact(clean_text(str(error)[:_SHORT]))
    if len(text) > MAX_ERROR_CHARACTERS:
        text = f"{text[:MAX_ERROR_CHARACTERS]}… (cut)"
    if error.retry_after and not any(word in error.hint.lower() for word in ("again", "retry")):
        text = f"{text.rstrip('.')}. Try again in {_seconds(error.retry_after)}"
    return Outcome(content=(Text(text),), error=error.code, retry_after=error.retry_after, source=source)


def shape_questions(asking: Asking, *, source: str, redact: Callable[[str], str] = _unchanged) -> Outcome:
    """Make an outcome of the questions a method ended in.

    Args:
        asking: Holds them.
        source: Namespace of the connector they come from.
        redact: Masks known secrets.
    """

    def masked(value: Any) -> Any:
        if isinstance(value, str):
            return redact(value)
        if isinstance(value, Mapping):
            return {key: masked(item) for key, item in cast("Mapping[str, Any]", value).items()}
        return [masked(item) for item in cast("list[Any]", value)] if isinstance(value, list) else value

    questions = tuple(replace(question, params=masked(question.params)) for question in asking.asked)
    told = ", ".join(question.key for question in questions)
    content = (Text(f"This waits for an answer of the client: {clean_text(told)}"),)
    return Outcome(content=content, error=INPUT_REQUIRED, source=source, questions=questions)


def _seconds(seconds: float) -> str:
    return f"{math.ceil(seconds)} s" if seconds <= 120 else f"{math.ceil(seconds / 60)} min"


def _parts(value: Any, mime_type: str, call: Call) -> Sequence[Content | LaidOut]:
    """The value as pieces, neither cleaned nor cut."""
    if isinstance(value, Result):
        return value.content
    if isinstance(value, (Text, ResourceLink, Image, Audio, Embedded, Table, Summary, Page)):
        return (value,)
    if isinstance(value, bytes) and call.kind == "resource":
        return (Embedded(uri=call.name, data=value, mime_type=mime_type),)
    if isinstance(value, str):
        return (Text(value),)
    if mime_type == "application/json":
        return (Text(compact_json(plain(value))),)
    told = outline(value)
    return (Text(told) if isinstance(told, str) else told,)


def _fitted(
    parts: Sequence[Content | LaidOut],
    limit: float,
    store: Callable[[str], SpilledResult],
    clean: Callable[[str], str],
    *,
    tool: bool,
) -> tuple[tuple[Content, ...], bool]:
    """The pieces clean and short enough, and whether a text was cut. Texts share the limit, the rest one cap."""
    content: list[Content] = []
    was_cut = False
    binary_bytes = 0

    def shown(value: str | Layout) -> tuple[str, list[Content]]:
        nonlocal limit
        text, stored = cut(value, limit, store=store, tool=tool, clean=clean)
        limit -= estimate_tokens(text)
        return text, [] if stored is None else [_link_to(stored)]

    for part in parts[:MAX_PARTS]:
        rest: list[Content] = []
        match part:
            case Image() | Audio() | Embedded(data=bytes()):
                binary_bytes += len(part.data or b"")
                content.append(_binary(part, clean) if binary_bytes <= MAX_BINARY_BYTES else _left_out(part))
            case Embedded():
                text, rest = shown(part.text or "")
                mime_type = "text/plain" if rest else clean(part.mime_type)
                content.append(Embedded(uri=clean(part.uri), text=text, mime_type=mime_type))
            case ResourceLink():
                content.append(_link(part, clean))
            case Text() | Table() | Summary() | Page():
                text, rest = shown(part.text if isinstance(part, Text) else part.layout())
                content.append(Text(text))
        was_cut = was_cut or bool(rest)
        content += rest if tool else ()
    if len(parts) > MAX_PARTS:
        content.append(Text(f"[{len(parts) - MAX_PARTS} more pieces of this result are left out]"))
    return tuple(content) or (Text("done"),), was_cut


def _binary(part: Image | Audio | Embedded, clean: Callable[[str], str]) -> Content:
    mime_type = clean(part.mime_type)
    if isinstance(part, Embedded):
        return Embedded(uri=clean(part.uri), data=part.data, mime_type=mime_type)
    return type(part)(data=part.data, mime_type=mime_type)


def _left_out(part: Image | Audio | Embedded) -> Text:
    kind = {Image: "a picture", Audio: "a recording", Embedded: "a file"}[type(part)]
    size, most = len(part.data or b"") / 2**20, MAX_BINARY_BYTES / 2**20
    return Text(f"[{kind} of {size:.1f} MiB is left out; what is not text may take {most:.0f} MiB in a result]")


def _link(link: ResourceLink, clean: Callable[[str], str]) -> ResourceLink:
    return ResourceLink(
        uri=clean(link.uri),
        name=clean(link.name),
        description=clean(link.description),
        mime_type=clean(link.mime_type),
    )


def _link_to(stored: SpilledResult) -> ResourceLink:
    return ResourceLink(
        uri=stored.uri,
        name=f"{stored.source} result",
        description=f"{stored.lines} lines",
        mime_type=stored.mime_type,
    )
