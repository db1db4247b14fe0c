"""An Atlassian document to Markdown, short and readable; what `from_markdown` writes comes back as it was."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from hub_connector_jira.documents.nodes import Node, attrs_of, content_of, joined, marks_of
from hub_connector_jira.documents.writing import code_span, escaped, fence, guarded_start, link

_SIGNS = {"strong": "**", "em": "*", "strike": "~~"}
_OUTERMOST_FIRST = ("link", *_SIGNS)
_PARTED = re.compile(r"(\s*)(.*?)(\s*)", re.DOTALL)


def to_markdown(document: Node) -> str:
    """The Markdown of a document or of any node of one."""
    return _blocks(content_of(document)) if document.get("type") == "doc" else _blocks([document])


def _blocks(nodes: Sequence[Node], between: str = "\n\n") -> str:
    """The blocks one below the other; lists that follow one another get different marks, or they would be one."""
    written: list[str] = []
    previous, other = "", False
    for one in nodes:
        kind = str(one.get("type"))
        other = kind == previous and kind in ("bulletList", "orderedList", "taskList") and not other
        if block := _block(one, other=other):
            written.append(block)
            previous = kind
    return between.join(written)


def _block(one: Node, *, other: bool = False) -> str:
    match one.get("type"):
        case "bulletList":
            return _list(one, lambda _: "* " if other else "- ")
        case "orderedList":
            first = attrs_of(one).get("order", 1)
            return _list(one, lambda index: f"{first + index}{')' if other else '.'} ")
        case "taskList":
            return _tasks(one, "* " if other else "- ")
        case "decisionList":
            return _list(one, lambda _: "- ")
        case "table":
            return _table(one)
        case kind:
            return _BLOCKS[kind](one) if isinstance(kind, str) and kind in _BLOCKS else _unknown(one)


def _paragraph(one: Node) -> str:
    return guarded_start(_inline(content_of(one)).strip())


def _heading(one: Node) -> str:
    return f"{'#' * int(attrs_of(one).get('level', 1))} {_one_line(one)}".rstrip()


def _code(one: Node) -> str:
    content = "".join(str(part.get("text", "")) for part in content_of(one))
    return fence(content, str(attrs_of(one).get("language") or ""))


def _quote(one: Node) -> str:
    return "\n".join(f"> {line}" if line else ">" for line in _blocks(content_of(one)).split("\n"))


def _panel(one: Node) -> str:
    kind = str(attrs_of(one).get("panelType", "panel"))
    return _quote(
        {"content": [{"type": "paragraph", "content": [_strong(f"{kind.capitalize()}:")]}, *content_of(one)]}
    )


def _expand(one: Node) -> str:
    title = str(attrs_of(one).get("title", ""))
    heading: list[Node] = [{"type": "paragraph", "content": [_strong(title)]}] if title else []
    return _blocks([*heading, *content_of(one)])


def _strong(value: str) -> Node:
    return {"type": "text", "text": value, "marks": [{"type": "strong"}]}


def _rule(_: Node) -> str:
    return "---"


def _media(one: Node) -> str:
    attrs = attrs_of(one)
    if address := attrs.get("url"):
        return f"!{link(str(attrs.get('alt') or 'image'), str(address))}"
    name = attrs.get("alt") or attrs.get("__fileName") or attrs.get("id") or "file"
    return f"[attachment: {escaped(str(name))}]"


def _within(one: Node) -> str:
    return _blocks(content_of(one))


def _unknown(one: Node) -> str:
    """What is within it, or at least that it is there."""
    if content_of(one):
        return _within(one)
    attrs = attrs_of(one)
    key = attrs.get("extensionKey") or attrs.get("url") or one.get("type")
    return _inline([one]) if one.get("type") in _INLINE or "text" in one else f"[{key}]"


def _list(one: Node, marker: Callable[[int], str]) -> str:
    return "\n".join(_item(_item_blocks(item), marker(index)) for index, item in enumerate(content_of(one)))


def _item_blocks(item: Node) -> str:
    """An item's blocks: a list right below the line it belongs to, paragraphs apart."""
    blocks = content_of(item)
    if item.get("type") == "decisionItem":
        return _inline(blocks)
    compact = all(_follows_a_line(block) for block in blocks[1:])
    if blocks and blocks[0] == {"type": "paragraph", "content": []} and len(blocks) > 1:
        return _blocks(blocks[1:])
    text = _blocks(blocks, "\n" if compact else "\n\n")
    return f"\\{text}" if re.match(r"\[[ xX]\](\s|$)", text) else text


def _follows_a_line(block: Node) -> bool:
    """Whether Markdown sees the block as one of its own right below a line of text."""
    first = content_of(block)[0] if content_of(block) else {}
    match block.get("type"):
        case "orderedList":
            return attrs_of(block).get("order", 1) == 1 and bool(_item_blocks(first))
        case "bulletList":
            return bool(_item_blocks(first))
        case kind:
            return kind == "taskList"


def _tasks(one: Node, marker: str) -> str:
    lines: list[str] = []
    for item in content_of(one):
        if item.get("type") == "taskList":
            lines.append("\n".join(f"  {line}" for line in _tasks(item, marker).split("\n")))
        else:
            sign = "x" if attrs_of(item).get("state") == "DONE" else " "
            lines.append(_item(f"[{sign}] {_inline(content_of(item))}".rstrip(), marker))
    return "\n".join(lines)


def _item(blocks: str, marker: str) -> str:
    first, *rest = blocks.split("\n")
    indent = " " * len(marker)
    return "\n".join([marker + first if first else marker.rstrip(), *(line and indent + line for line in rest)])


def _table(one: Node) -> str:
    rows = [[_cell(cell) for cell in content_of(row)] for row in content_of(one)]
    rows = [row for row in rows if row]
    if not rows:
        return ""
    width = max(len(row) for row in rows)
    first = content_of(content_of(one)[0])
    if not any(cell.get("type") == "tableHeader" for cell in first):
        rows.insert(0, [""] * width)
    lines = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in rows]
    return "\n".join([lines[0], f"|{'---|' * width}", *lines[1:]])


def _cell(cell: Node) -> str:
    written = [_blocks([block]) for block in content_of(cell)]
    return "<br>".join(filter(None, written)).replace("\\\n", "<br>").replace("\n", "<br>").replace("|", "\\|")


def _one_line(one: Node) -> str:
    return _inline(content_of(one)).replace("\\\n", " ").replace("\n", " ").strip()


# Inline


def _inline(nodes: Sequence[Node]) -> str:
    return "".join(_runs(joined(_readable(one) for one in nodes), _OUTERMOST_FIRST))


def _readable(one: Node) -> Node:
    return one if "text" in one or one.get("type") in _INLINE else {"type": "text", "text": _blocks([one])}


def _runs(nodes: Sequence[Node], marks: Sequence[str]) -> Iterator[str]:
    """Neighbouring nodes of one mark between one pair of signs, the outermost mark first."""
    if not marks:
        yield from (_leaf(one) for one in nodes)
        return
    mark, *rest = marks
    at = 0
    while at < len(nodes):
        end, value = at, _mark(nodes[at], mark)
        while end < len(nodes) and _mark(nodes[end], mark) == value:
            end += 1
        inner = "".join(_runs(nodes[at:end], rest))
        parted = _PARTED.fullmatch(inner)
        if value is None or parted is None or not parted[2]:
            yield inner
        else:
            # Signs hold only where they touch the text.
            yield f"{parted[1]}{_wrapped(parted[2], mark, value, nodes[at:end])}{parted[3]}"
        at = end


def _mark(one: Node, mark: str) -> str | None:
    """The value of a mark: a link's address, empty for the others; None without the mark."""
    attrs = marks_of(one).get(mark)
    return None if attrs is None else str(attrs.get("href", ""))


def _wrapped(inner: str, mark: str, address: str, nodes: Sequence[Node]) -> str:
    if mark == "link":
        return link(inner, address, plain=str(nodes[0].get("text", "")) if len(nodes) == 1 else "")
    return f"{_SIGNS[mark]}{inner}{_SIGNS[mark]}"


def _leaf(one: Node) -> str:
    if one.get("type") != "text":
        return _INLINE[str(one.get("type"))](attrs_of(one))
    value = str(one.get("text", ""))
    return code_span(value) if "code" in marks_of(one) else escaped(value)


def _mention(attrs: Node) -> str:
    return f"@[{str(attrs.get('text') or attrs.get('id') or '').removeprefix('@')}]"


def _date(attrs: Node) -> str:
    try:
        return datetime.fromtimestamp(int(attrs.get("timestamp", "")) / 1000, UTC).strftime("%Y-%m-%d")
    except (ValueError, OverflowError, OSError):
        return ""


_INLINE: dict[str, Callable[[Node], str]] = {
    "hardBreak": lambda _: "\\\n",
    "mention": _mention,
    "emoji": lambda attrs: str(attrs.get("text") or attrs.get("shortName") or ""),
    "inlineCard": lambda attrs: link("", str(attrs.get("url") or ""), plain=str(attrs.get("url") or "")),
    "status": lambda attrs: f"[{escaped(str(attrs.get('text', '')))}]",
    "date": _date,
    "mediaInline": lambda attrs: _media({"attrs": attrs}),
    "placeholder": lambda _: "",
}
_BLOCKS: dict[str, Callable[[Node], Any]] = {
    "paragraph": _paragraph,
    "heading": _heading,
    "codeBlock": _code,
    "blockquote": _quote,
    "panel": _panel,
    "expand": _expand,
    "nestedExpand": _expand,
    "rule": _rule,
    "media": _media,
    "mediaSingle": _within,
    "mediaGroup": _within,
    "blockCard": lambda one: _INLINE["inlineCard"](attrs_of(one)),
    "embedCard": lambda one: _INLINE["inlineCard"](attrs_of(one)),
}
