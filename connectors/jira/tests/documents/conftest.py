"""The shape of Atlassian documents, as far as it concerns what is written here.

From https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/ and its pages of nodes and marks.
"""

from collections.abc import Callable
from typing import Any

import pytest

LIST_ITEM = {"paragraph", "bulletList", "orderedList", "codeBlock", "taskList", "mediaSingle"}
INLINE = {"text", "hardBreak", "mention", "emoji", "inlineCard", "status", "date"}
CHILDREN: dict[str, set[str]] = {
    "doc": {
        "paragraph",
        "heading",
        "bulletList",
        "orderedList",
        "taskList",
        "codeBlock",
        "blockquote",
        "rule",
        "table",
    },
    "paragraph": INLINE,
    "heading": INLINE,
    "bulletList": {"listItem"},
    "orderedList": {"listItem"},
    "listItem": LIST_ITEM,
    "taskList": {"taskItem", "taskList"},
    "taskItem": INLINE,
    "codeBlock": {"text"},
    "blockquote": {"paragraph", "bulletList", "orderedList", "codeBlock", "mediaSingle", "mediaGroup"},
    "table": {"tableRow"},
    "tableRow": {"tableHeader", "tableCell"},
    "tableHeader": {
        "paragraph",
        "heading",
        "bulletList",
        "orderedList",
        "codeBlock",
        "blockquote",
        "rule",
        "taskList",
    },
    "tableCell": {
        "paragraph",
        "heading",
        "bulletList",
        "orderedList",
        "codeBlock",
        "blockquote",
        "rule",
        "taskList",
    },
    "rule": set(),
    "text": set(),
    "hardBreak": set(),
    "mention": set(),
}
NOT_EMPTY = {
    "bulletList",
    "orderedList",
    "listItem",
    "taskList",
    "blockquote",
    "table",
    "tableRow",
    "tableCell",
    "tableHeader",
}
ATTRS: dict[str, set[str]] = {
    "heading": {"level"},
    "orderedList": {"order"},
    "taskList": {"localId"},
    "taskItem": {"localId", "state"},
    "codeBlock": {"language"},
    "mention": {"id", "text"},
}
MARKS: dict[str, set[str]] = {"strong": set(), "em": set(), "strike": set(), "code": set(), "link": {"href"}}


def problems(node: Any, parent: str = "", path: str = "") -> list[str]:
    kind = node["type"]
    where = f"{path}/{kind}"
    found: list[str] = []
    if parent and kind not in CHILDREN[parent]:
        found.append(f"{where}: not allowed here")
    if unknown := set(node) - {
        "type",
        "attrs",
        "content",
        "text",
        "marks",
        *(["version"] if kind == "doc" else []),
    }:
        found.append(f"{where}: unknown {unknown}")
    attrs = set(node.get("attrs", {}))
    if not (attrs == ATTRS.get(kind, set()) or (kind == "codeBlock" and not attrs)):
        found.append(f"{where}: attrs {attrs}")
    if kind == "doc" and node.get("version") != 1:
        found.append(f"{where}: version")
    if kind == "text":
        found += text_problems(node, parent, where)
    content = node.get("content", [])
    if kind in NOT_EMPTY and not content:
        found.append(f"{where}: empty")
    if kind == "listItem" and content and content[0]["type"] not in ("paragraph", "codeBlock", "mediaSingle"):
        found.append(f"{where}: begins with {content[0]['type']}")
    if kind == "taskList" and content and content[0]["type"] != "taskItem":
        found.append(f"{where}: begins with {content[0]['type']}")
    if kind == "heading" and not 1 <= node["attrs"]["level"] <= 6:
        found.append(f"{where}: level")
    return found + [problem for child in content for problem in problems(child, kind, where)]


def text_problems(node: Any, parent: str, where: str) -> list[str]:
    marks = node.get("marks", [])
    kinds = [mark["type"] for mark in marks]
    found = [] if node["text"] else [f"{where}: empty text"]
    found += [f"{where}: mark {mark}" for mark in marks if set(mark.get("attrs", {})) != MARKS.get(mark["type"])]
    if len(set(kinds)) != len(kinds):
        found.append(f"{where}: twice {kinds}")
    if "code" in kinds and set(kinds) - {"code", "link"}:
        found.append(f"{where}: code with {kinds}")
    if parent == "codeBlock" and kinds:
        found.append(f"{where}: marks in a code block")
    return found


@pytest.fixture(scope="session")
def shape_problems() -> Callable[[Any], list[str]]:
    """Says what is wrong with a document."""
    return problems
