"""Rich text in the forms Jira has for it: documents (ADF), wiki markup, HTML and plain words."""

import re
from collections.abc import Mapping
from html import escape
from typing import Any, cast

from hub_connector_jira.simulation.issues import Body
from hub_connector_jira.simulation.people import account_id

_INLINE = re.compile(
    r"`(?P<code>[^`]+)`|\*\*(?P<strong>[^*]+)\*\*|\[(?P<words>[^\]]+)\]\((?P<url>[^)]+)\)"
    r"|@\[(?P<name>[^|\]]+)\|(?P<handle>[^\]]+)\]"
)
_BLOCKS = frozenset(
    [
        "blockquote",
        "bulletList",
        "codeBlock",
        "expand",
        "heading",
        "layoutColumn",
        "layoutSection",
        "listItem",
        "mediaGroup",
        "mediaSingle",
        "nestedExpand",
        "orderedList",
        "panel",
        "paragraph",
        "rule",
        "table",
        "tableCell",
        "tableHeader",
        "tableRow",
        "taskItem",
        "taskList",
        "decisionItem",
        "decisionList",
        "blockCard",
        "embedCard",
    ]
)
_INLINES = frozenset(
    ["text", "hardBreak", "mention", "emoji", "date", "status", "inlineCard", "media", "mediaInline", "placeholder"]
)
_MARKS = frozenset(
    [
        "strong",
        "em",
        "code",
        "link",
        "strike",
        "underline",
        "subsup",
        "textColor",
        "backgroundColor",
        "border",
        "alignment",
        "indentation",
        "annotation",
    ]
)
_WIKI_MARKS = {"strong": "*", "em": "_", "strike": "-", "underline": "+"}
_DEPTH = 40


class Prose(str):
    """Text of the first content, in the little Markdown that `document_of` reads."""

    __slots__ = ()


def document_of(body: Body) -> dict[str, Any]:
    """The body as a document, as REST API v3 gives it."""
    if isinstance(body, dict):
        return body
    if isinstance(body, Prose):
        return {"type": "doc", "version": 1, "content": [_block(block) for block in _blocks(body)]}
    lines = [line for line in body.splitlines() if line.strip()]
    return {
        "type": "doc",
        "version": 1,
        "content": [_paragraph([{"type": "text", "text": line}]) for line in lines],
    }


def wiki_of(body: Body) -> str:
    """The body as wiki markup, as REST API v2 gives it."""
    if isinstance(body, str) and not isinstance(body, Prose):
        return body
    return _wiki_blocks(document_of(body)).strip()


def html_of(body: Body) -> str:
    """The body as `renderedFields` gives it."""
    return "".join(_html(node) for node in _content(document_of(body)))


def text_of(body: Body | None) -> str:
    """The words of the body, for searching."""
    if body is None:
        return ""
    return body if isinstance(body, str) else " ".join(_texts(body))


def is_document(value: object, depth: int = 0) -> bool:
    """Whether the value is a document that Jira would take (Atlassian Document Format, version 1)."""
    if not isinstance(value, dict):
        return False
    node = cast("dict[str, Any]", value)
    content = node.get("content", [])
    if depth == 0:
        if node.get("type") != "doc" or node.get("version") != 1 or "content" not in node:
            return False
    elif not _is_node(node):
        return False
    if depth > _DEPTH or not isinstance(content, list):
        return False
    children = cast("list[Any]", content)
    if depth == 0 and any(isinstance(child, dict) and child.get("type") in _INLINES for child in children):  # pyright: ignore[reportUnknownMemberType]  JSON of a stranger
        return False
    return all(is_document(child, depth + 1) for child in children)


def _is_node(node: Mapping[str, Any]) -> bool:
    kind, marks = node.get("type"), node.get("marks", [])
    if kind == "text" and not (isinstance(node.get("text"), str) and node["text"]):
        return False
    if kind not in _BLOCKS and kind not in _INLINES:
        return False
    return isinstance(marks, list) and all(_is_mark(mark) for mark in cast("list[Any]", marks))


def _is_mark(mark: object) -> bool:
    return isinstance(mark, dict) and cast("dict[str, Any]", mark).get("type") in _MARKS


def _blocks(text: str) -> list[str]:
    """Blocks between empty lines; fenced code stays whole."""
    found: list[str] = []
    for part in re.split(r"(```.*?```)", text, flags=re.DOTALL):
        if part.startswith("```"):
            found.append(part)
        else:
            found.extend(block.strip() for block in part.split("\n\n") if block.strip())
    return found


def _block(block: str) -> dict[str, Any]:
    if block.startswith("```"):
        head, _, code = block.removesuffix("```")[3:].partition("\n")
        attrs = {"attrs": {"language": head.strip()}} if head.strip() else {}
        return {"type": "codeBlock", **attrs, "content": [{"type": "text", "text": code.rstrip("\n")}]}
    if block.startswith("#"):
        marks, _, words = block.partition(" ")
        return {"type": "heading", "attrs": {"level": len(marks)}, "content": _inline(words)}
    lines = block.splitlines()
    if all(line.startswith("- ") for line in lines):
        return {"type": "bulletList", "content": [_item(line[2:]) for line in lines]}
    if all(re.match(r"\d+\. ", line) for line in lines):
        return {
            "type": "orderedList",
            "attrs": {"order": 1},
            "content": [_item(line.split(" ", 1)[1]) for line in lines],
        }
    return _paragraph(_inline(" ".join(lines)))


def _item(text: str) -> dict[str, Any]:
    return {"type": "listItem", "content": [_paragraph(_inline(text))]}


def _paragraph(content: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "paragraph", "content": content}


def _inline(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    position = 0

    def plain(upto: int) -> None:
        if upto > position:
            found.append({"type": "text", "text": text[position:upto]})

    for match in _INLINE.finditer(text):
        plain(match.start())
        position = match.end()
        part = match.groupdict()
        if part["code"]:
            found.append({"type": "text", "text": part["code"], "marks": [{"type": "code"}]})
        elif part["strong"]:
            found.append({"type": "text", "text": part["strong"], "marks": [{"type": "strong"}]})
        elif part["words"]:
            link = {"type": "link", "attrs": {"href": part["url"]}}
            found.append({"type": "text", "text": part["words"], "marks": [link]})
        else:
            attrs = {"id": account_id(part["handle"]), "text": f"@{part['name']}", "accessLevel": ""}
            found.append({"type": "mention", "attrs": attrs})
    plain(len(text))
    return found


def _content(node: Mapping[str, Any]) -> list[dict[str, Any]]:
    return node.get("content") or []


def _texts(node: Mapping[str, Any]) -> list[str]:
    if node.get("type") == "text":
        return [str(node.get("text", ""))]
    if node.get("type") == "mention":
        return [str(node.get("attrs", {}).get("text", ""))]
    return [text for child in _content(node) for text in _texts(child)]


def _wiki_inline(node: Mapping[str, Any]) -> str:
    kind, attrs = node.get("type"), node.get("attrs", {})
    if kind == "hardBreak":
        return "\n"
    if kind == "mention":
        return f"[~accountid:{attrs.get('id', '')}]"
    if kind == "inlineCard":
        return f"[{attrs.get('url', '')}]"
    text = str(node.get("text", "")) or str(attrs.get("text", ""))
    for mark in node.get("marks", []):
        if mark["type"] == "code":
            text = "{{" + text + "}}"
        elif mark["type"] == "link":
            text = f"[{text}|{mark['attrs']['href']}]"
        elif sign := _WIKI_MARKS.get(mark["type"]):
            text = sign + text + sign
    return text


def _wiki_blocks(node: Mapping[str, Any], bullet: str = "") -> str:
    return "".join(_wiki_block(child, bullet) for child in _content(node))


def _wiki_block(node: Mapping[str, Any], bullet: str) -> str:
    kind = node.get("type")
    inline = "".join(_wiki_inline(child) for child in _content(node))
    if kind == "heading":
        return f"h{node['attrs']['level']}. {inline}\n\n"
    if kind == "codeBlock":
        language = node.get("attrs", {}).get("language")
        return f"{{code{':' + language if language else ''}}}\n{inline}\n{{code}}\n\n"
    if kind in ("bulletList", "orderedList"):
        sign = bullet + ("*" if kind == "bulletList" else "#")
        return "".join(_wiki_block(item, sign) for item in _content(node)) + ("" if bullet else "\n")
    if kind == "listItem":
        return f"{bullet} " + _wiki_blocks(node, bullet).replace("\n\n", "\n")
    if kind == "paragraph":
        return inline + "\n\n"
    if kind == "rule":
        return "----\n\n"
    if kind == "blockquote":
        return "{quote}\n" + _wiki_blocks(node).strip() + "\n{quote}\n\n"
    if kind == "panel":
        return "{panel}\n" + _wiki_blocks(node).strip() + "\n{panel}\n\n"
    if kind in ("tableCell", "tableHeader"):
        return ("||" if kind == "tableHeader" else "|") + _wiki_blocks(node).strip()
    if kind == "tableRow":
        last = _content(node)[-1:]
        return _wiki_blocks(node) + ("||" if last and last[0].get("type") == "tableHeader" else "|") + "\n"
    return _wiki_blocks(node, bullet) + ("\n" if kind == "table" else "")


def _html(node: Mapping[str, Any]) -> str:
    kind, attrs = node.get("type"), node.get("attrs", {})
    if kind == "text":
        text = escape(str(node["text"]))
        for mark in node.get("marks", []):
            if mark["type"] == "link":
                text = f'<a href="{escape(mark["attrs"]["href"])}">{text}</a>'
            elif mark["type"] == "code":
                text = f"<tt>{text}</tt>"
            elif mark["type"] == "strong":
                text = f"<b>{text}</b>"
        return text
    if kind == "mention":
        return escape(str(attrs.get("text", "")))
    inner = "".join(_html(child) for child in _content(node))
    tags = {"paragraph": "p", "bulletList": "ul", "orderedList": "ol", "listItem": "li", "codeBlock": "pre"}
    tag = f"h{attrs.get('level', 1)}" if kind == "heading" else tags.get(str(kind), "div")
    return f"<{tag}>{inner}</{tag}>"
