"""An Atlassian document to the wiki markup of Jira Data Center.

Notation: https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all
"""

import re
from collections.abc import Sequence
from typing import Any

from hub_connector_jira.documents.nodes import Node, attrs_of, content_of, joined, marks_of

_SIGNS = (("strong", "*"), ("em", "_"), ("strike", "-"))
_PARTED = re.compile(r"(\s*)(.*?)(\s*)", re.DOTALL)
# Signs of text effects count at the edge of a word; brackets and braces always.
_MEANS_SOMETHING = re.compile(
    r"[{\[|]"
    r"|(?<!\w)[*_\-+^~](?=[^\s*_\-+^~])|(?<=[^\s*_\-+^~])[*_\-+^~](?!\w)"
    r"|(?<!\w)\?\?|\?\?(?!\w)"
    r"|!(?=\S)"
    r"|[:;](?=[)(PD](?!\w))"
    r"|\((?=(?:/|x|!|\+|-|\?|on|off|\*[rgby]?|y|n|i|flag|flagoff)\))"
)
_STARTS_A_BLOCK = re.compile(r"(?:[*#\-]+(?=\s)|h[1-6]\.(?=\s)|bq\.(?=\s)|-{2,}$)")


def to_wiki(document: Node) -> str:
    """The wiki markup of a document."""
    return _blocks(content_of(document))


def _blocks(nodes: Sequence[Node]) -> str:
    return "\n\n".join(filter(None, (_block(one) for one in nodes)))


def _block(one: Node) -> str:
    match one.get("type"):
        case "paragraph":
            return "\n".join(_guarded(line) for line in _inline(content_of(one)).split("\n"))
        case "heading":
            return f"h{attrs_of(one).get('level', 1)}. {_inline(content_of(one)).replace(chr(10), ' ')}"
        case "bulletList" | "orderedList" | "taskList":
            return "\n".join(_list(one, ""))
        case "codeBlock":
            language = attrs_of(one).get("language")
            content = "".join(str(part.get("text", "")) for part in content_of(one))
            # The end tag within the code would end it; a zero-width space cannot be told from none by a reader.
            content = content.replace("{code}", "{\u200bcode}")
            return f"{{code{f':{language}' if language else ''}}}\n{content}\n{{code}}"
        case "blockquote":
            return f"{{quote}}\n{_blocks(content_of(one))}\n{{quote}}"
        case "rule":
            return "----"
        case "table":
            return "\n".join(_row(row) for row in content_of(one))
        case _:
            return _blocks(content_of(one)) if content_of(one) else _inline([one])


def _list(one: Node, outer: str) -> list[str]:
    """The lines of a list; each level adds its sign to those of the levels around it."""
    sign = outer + ("#" if one.get("type") == "orderedList" else "*")
    lines: list[str] = []
    for item in content_of(one):
        if item.get("type") == "taskList":
            lines += _list(item, sign)
        elif item.get("type") == "taskItem":
            box = "(/)" if attrs_of(item).get("state") == "DONE" else "( )"
            lines.append(f"{sign} {box} {_in_a_line(content_of(item))}".rstrip())
        else:
            lines += _item(item, sign)
    return lines


def _item(item: Node, sign: str) -> list[str]:
    lines: list[str] = []
    own: list[str] = []
    for block in content_of(item):
        if block.get("type") in ("bulletList", "orderedList", "taskList"):
            lines += _list(block, sign)
        elif block.get("type") == "codeBlock":
            own.append(_block(block))
        elif written := _in_a_line(content_of(block)):
            own.append(written)
    # A blank line would end the list.
    return [f"{sign} {chr(10).join(own)}".rstrip(), *lines]


def _row(row: Node) -> str:
    written: list[str] = []
    for cell in content_of(row):
        sign = "||" if cell.get("type") == "tableHeader" else "|"
        content = "\n".join(filter(None, (_block(block) for block in content_of(cell))))
        written.append(f"{sign}{content or ' '}")
    closing = written[-1][: 2 if written[-1].startswith("||") else 1] if written else ""
    return "".join(written) + closing


def _in_a_line(nodes: Sequence[Node]) -> str:
    return _inline(nodes).replace("\n", "\\\\ ")


def _guarded(line: str) -> str:
    return f"\\{line}" if _STARTS_A_BLOCK.match(line) else line


def _inline(nodes: Sequence[Node]) -> str:
    return "".join(_leaf(one) for one in joined(nodes))


def _leaf(one: Node) -> str:
    attrs = attrs_of(one)
    match one.get("type"):
        case "text":
            return _text(str(one.get("text", "")), marks_of(one))
        case "hardBreak":
            return "\n"
        case "mention":
            return f"[~{attrs.get('id', '')}]"
        case _:
            return ""


def _text(value: str, marks: dict[str, Any]) -> str:
    if address := str(marks.get("link", {}).get("href", "")):
        address = address.replace("|", "%7C").replace("]", "%5D").replace(" ", "%20")
        return address if value == address else f"[{_marked(value, marks)}|{address}]"
    return _marked(value, marks)


def _marked(value: str, marks: dict[str, Any]) -> str:
    match = _PARTED.fullmatch(value)
    before, inner, after = match.groups() if match else ("", value, "")
    if "code" in marks:
        return f"{before}{{{{{_entities(inner)}}}}}{after}" if inner else value
    inner = escaped(inner)
    for mark, sign in _SIGNS:
        if mark in marks and inner:
            inner = f"{sign}{inner}{sign}"
    return f"{before}{inner}{after}"


def _entities(code: str) -> str:
    """Code within a line is still looked at for macros, which entities keep apart."""
    return code.replace("\\", "&#92;").replace("{", "&#123;").replace("}", "&#125;")


def escaped(value: str) -> str:
    """A text that wiki markup takes for nothing else."""
    # Two backslashes break the line, and there is no way to escape one with another.
    parts = [_MEANS_SOMETHING.sub(lambda match: f"\\{match[0]}", part) for part in value.split("\\")]
    return "&#92;".join(parts)
