"""Stage 7: what a connector gave back becomes clean text that is short enough to read."""

import logging
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from hub.calls.types import Call, Outcome
from hub.catalog.items import AnyItem, ResourceItem, ToolItem
from hub.config.models import ResultsTable
from hub.errors import CallError, ConnectorError
from hub.results.cells import compact_json, plain
from hub.results.content import Content, Image, ResourceLink, Result, Text
from hub.results.cut import HARD_MAX_TOKENS, cut
from hub.results.outline import outline
from hub.results.spill import READ_TOOL, SpilledResult, SpillStore
from hub.results.table import Table
from hub.results.text import clean_text, estimate_tokens, fits

MAX_IMAGE_BYTES = 2 * 1024 * 1024
MAX_PARTS = 50
"""Pieces of content in one result."""
MAX_ERROR_CHARACTERS = 2000
SANDBOX_MARK = "[sandbox: invented data]"
"""First line of every result that comes from a sandbox."""
_SHORT = 64 * 1024
"""Characters up to which a text may be looked at twice."""

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

    Takes text, `Table`, `Result` and its pieces, pydantic models, dataclass objects, mappings, lists, numbers and
    None. What is longer than `max_tokens` (and in any case than `HARD_MAX_TOKENS`) is cut between lines, tables
    between rows; the whole goes to the spill store and the text says how to read on. A resource or a prompt is
    chosen by a person and so may fill the hard cap.

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
        content, was_cut = _fitted(_parts(value, mime_type), limit, store, clean, tool=tool)
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


def _seconds(seconds: float) -> str:
    return f"{math.ceil(seconds)} s" if seconds <= 120 else f"{math.ceil(seconds / 60)} min"


def _parts(value: Any, mime_type: str) -> Sequence[Content | Table]:
    """The value as pieces, neither cleaned nor cut."""
    if isinstance(value, Result):
        return value.content
    if isinstance(value, (Text, ResourceLink, Image, Table)):
        return (value,)
    if isinstance(value, str):
        return (Text(value),)
    if mime_type == "application/json":
        return (Text(compact_json(plain(value))),)
    told = outline(value)
    return (Text(told) if isinstance(told, str) else told,)


def _fitted(
    parts: Sequence[Content | Table],
    limit: float,
    store: Callable[[str], SpilledResult],
    clean: Callable[[str], str],
    *,
    tool: bool,
) -> tuple[tuple[Content, ...], bool]:
    """The pieces clean and short enough, and whether a text was cut. Texts share the limit, pictures one cap."""
    content: list[Content] = []
    was_cut = False
    image_bytes = 0
    for part in parts[:MAX_PARTS]:
        if isinstance(part, Image):
            image_bytes += len(part.data)
            content.append(_image(part, clean) if image_bytes <= MAX_IMAGE_BYTES else _left_out(part))
        elif isinstance(part, ResourceLink):
            content.append(_link(part, clean))
        else:
            value = part.text if isinstance(part, Text) else part.layout()
            shown, stored = cut(value, limit, store=store, tool=tool, clean=clean)
            limit -= estimate_tokens(shown)
            content.append(Text(shown))
            if stored is not None:
                was_cut = True
                if tool:
                    content.append(_link_to(stored))
    if len(parts) > MAX_PARTS:
        content.append(Text(f"[{len(parts) - MAX_PARTS} more pieces of this result are left out]"))
    return tuple(content) or (Text("done"),), was_cut


def _image(image: Image, clean: Callable[[str], str]) -> Image:
    return Image(data=image.data, mime_type=clean(image.mime_type))


def _left_out(image: Image) -> Text:
    size, most = len(image.data) / 2**20, MAX_IMAGE_BYTES / 2**20
    return Text(f"[a picture of {size:.1f} MiB is left out; the pictures of a result may take {most:.0f} MiB]")


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
