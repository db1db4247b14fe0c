"""Markdown, as agents write it, to an Atlassian document.

Beyond CommonMark it takes tables, `~~strike~~`, task lists, bare addresses and mentions: `@mail@host` or `@[Name]`.
What a document cannot hold at its place (a heading or a table in a list item, say) is written as paragraphs.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from hub_connector_jira.documents.nodes import Node, document, joined, node, text

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode

Place = Literal["doc", "item", "quote", "cell"]
Marks = tuple[Mapping[str, Any], ...]

STRONG: Mapping[str, Any] = {"type": "strong"}
_MARKS = {"strong": STRONG, "em": {"type": "em"}, "s": {"type": "strike"}}
_TASK = re.compile(r"\[([ xX])\](?:[ \t]+|$)")
_EMAIL = r"[A-Za-z0-9][A-Za-z0-9._%+\-]*@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+"
_SPECIAL = re.compile(
    rf"(?P<break><br ?/?>)|(?<![\w@/])@(?:\[(?P<name>[^\[\]\n]{{1,100}})\]|(?P<email>{_EMAIL}))"
    r"|(?P<url>\bhttps?://[^\s<>()\[\]{}\"'`|\\^]*[^\s<>()\[\]{}\"'`|\\^.,;:!?*_~])"
)


@dataclass(frozen=True, slots=True)
class Mentioned:
    """A person a text mentions.

    Attributes:
        id: Account id on Cloud, user name on Data Center.
        name: For readers.
    """

    id: str
    name: str


def from_markdown(markdown: str, people: Mapping[str, Mentioned] | None = None) -> Node:
    """A document of the Markdown.

    Args:
        markdown: What the agent wrote.
        people: Who is meant by the mentions, by what `mentions` gave; a mention of anybody else stays text.
    """
    return document(_Converter(people or {}).blocks(_parsed(markdown).children, "doc"))


def mentions(markdown: str) -> list[str]:
    """Names and e-mail addresses that a text mentions, outside of code."""
    converter = _Converter({})
    converter.blocks(_parsed(markdown).children, "doc")
    return list(dict.fromkeys(converter.unknown))


def _parsed(markdown: str) -> "SyntaxTreeNode":
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    return SyntaxTreeNode(parser.parse(markdown))


class _Converter:
    def __init__(self, people: Mapping[str, Mentioned]) -> None:
        self._people = people
        self._tasks = 0
        self.unknown: list[str] = []

    # Blocks

    def blocks(self, found: Sequence["SyntaxTreeNode"], place: Place) -> list[Node]:
        """The blocks of a container, in the shapes its place allows."""
        return [block for one in found for block in self._block(one, place)]

    def _block(self, found: "SyntaxTreeNode", place: Place) -> list[Node]:
        match found.type:
            case "paragraph":
                return [node("paragraph", self._inline(found))]
            case "heading" if place in ("doc", "cell"):
                return [node("heading", self._inline(found), level=int(found.tag[1]))]
            case "heading":
                return [node("paragraph", self._inline(found, (STRONG,)))]
            case "bullet_list" | "ordered_list":
                return [self._list(found, place)]
            case "fence" | "code_block":
                return [_code(found)]
            case "blockquote":
                inner = self.blocks(found.children, "quote" if place != "item" else "item")
                if place in ("item", "quote"):
                    return inner
                return [node("blockquote", inner or [node("paragraph", [])])]
            case "hr":
                return [node("rule")] if place in ("doc", "cell") else []
            case _:  # a table: no other block is enabled
                return self._table(found, place)

    def _list(self, found: "SyntaxTreeNode", place: Place) -> Node:
        if place in ("doc", "item", "cell") and _is_task_list(found):
            return self._task_list(found)
        items = [node("listItem", self._item(item)) for item in found.children]
        if found.type == "bullet_list":
            return node("bulletList", items)
        return node("orderedList", items, order=int(found.attrs.get("start", 1)))

    def _item(self, item: "SyntaxTreeNode") -> list[Node]:
        inner = self.blocks(item.children, "item")
        begins_well = bool(inner) and inner[0]["type"] in ("paragraph", "codeBlock")
        return inner if begins_well else [node("paragraph", []), *inner]

    def _task_list(self, found: "SyntaxTreeNode") -> Node:
        items: list[Node] = []
        self._tasks += 1
        own = str(self._tasks)
        for item in found.children:
            first, *nested = item.children
            inline, done = self._inline(first), _task_of(item) not in (None, " ")
            rest = _TASK.sub("", inline[0]["text"], count=1)
            inline = [{**inline[0], "text": rest}, *inline[1:]] if rest else inline[1:]
            self._tasks += 1
            items.append(node("taskItem", inline, localId=str(self._tasks), state="DONE" if done else "TODO"))
            items += [self._task_list(one) for one in nested]
        return node("taskList", items, localId=own)

    def _table(self, found: "SyntaxTreeNode", place: Place) -> list[Node]:
        rows = [row for part in found.children for row in part.children]
        if place != "doc":
            return [node("paragraph", self._row_as_text(row)) for row in rows]
        made: list[Node] = []
        for row in rows:
            cells = [
                node("tableHeader" if cell.type == "th" else "tableCell", [node("paragraph", self._inline(cell))])
                for cell in row.children
            ]
            made.append(node("tableRow", cells))
        return [node("table", made)]

    def _row_as_text(self, row: "SyntaxTreeNode") -> list[Node]:
        parts: list[Node] = []
        for cell in row.children:
            inline = self._inline(cell)
            parts += [*([text(" | ")] if parts and inline else []), *inline]
        return joined(parts)

    # Inline

    def _inline(self, block: "SyntaxTreeNode", marks: Marks = ()) -> list[Node]:
        return joined(one for inline in block.children for one in self._inlines(inline, marks))

    def _inlines(self, parent: "SyntaxTreeNode", marks: Marks) -> Iterator[Node]:
        for one in parent.children:
            match one.type:
                case "text":
                    yield from self._text(one.content, marks)
                case "softbreak":
                    yield text(" ", marks)
                case "hardbreak":
                    yield node("hardBreak")
                case "code_inline":
                    # Code takes no mark but a link.
                    links = tuple(mark for mark in marks if mark["type"] == "link")
                    yield text(one.content, ({"type": "code"}, *links))
                case "link":
                    yield from self._inlines(one, _with_link(marks, str(one.attrs["href"])))
                case "image":
                    address = str(one.attrs["src"])
                    yield text(one.content or address, _with_link(marks, address))
                case kind:
                    yield from self._inlines(one, _with(marks, _MARKS[kind]))

    def _text(self, value: str, marks: Marks) -> Iterator[Node]:
        at = 0
        for match in _SPECIAL.finditer(value):
            if made := self._special(match, marks):
                if match.start() > at:
                    yield text(value[at : match.start()], marks)
                yield made
                at = match.end()
        if value[at:]:
            yield text(value[at:], marks)

    def _special(self, match: re.Match[str], marks: Marks) -> Node | None:
        if match["break"]:
            return node("hardBreak")
        if address := match["url"]:
            linked = any(mark["type"] == "link" for mark in marks)
            return None if linked else text(address, _with_link(marks, address))
        who = match["name"] or match["email"]
        if (person := self._people.get(who)) is None:
            self.unknown.append(who)
            return None
        return node("mention", id=person.id, text=f"@{person.name}")


def _code(found: "SyntaxTreeNode") -> Node:
    content = found.content.removesuffix("\n")
    inner = [text(content)] if content else []
    language = found.info.split()[0] if found.info.split() else ""
    return node("codeBlock", inner, language=language) if language else node("codeBlock", inner)


def _is_task_list(found: "SyntaxTreeNode") -> bool:
    if found.type != "bullet_list" or not found.children:
        return False
    return all(
        _task_of(item) is not None and all(_is_task_list(one) for one in item.children[1:])
        for item in found.children
    )


def _task_of(item: "SyntaxTreeNode") -> str | None:
    """The sign in a task's brackets; None if the item is no task."""
    if not item.children or item.children[0].type != "paragraph":
        return None
    match = _TASK.match(item.children[0].children[0].content)
    return match[1] if match else None


def _with(marks: Marks, mark: Mapping[str, Any]) -> Marks:
    return marks if mark in marks else (*marks, mark)


def _with_link(marks: Marks, address: str) -> Marks:
    return (*(mark for mark in marks if mark["type"] != "link"), {"type": "link", "attrs": {"href": address}})
