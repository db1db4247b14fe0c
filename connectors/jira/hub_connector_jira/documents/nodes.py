"""Atlassian document format: the nodes and marks this connector writes.

Structure: https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

Node = dict[str, Any]


def node(kind: str, content: Iterable[Node] | None = None, **attrs: Any) -> Node:
    """A node; `content` and `attrs` are left out where there are none."""
    made: Node = {"type": kind}
    if attrs:
        made["attrs"] = attrs
    if content is not None:
        made["content"] = list(content)
    return made


def document(content: Iterable[Node]) -> Node:
    """A whole document."""
    return {"type": "doc", "version": 1, "content": list(content)}


def text(value: str, marks: Sequence[Mapping[str, Any]] = ()) -> Node:
    """A text node; the value must not be empty. Marks get one order, so that equal texts are equal nodes."""
    marks = sorted(marks, key=lambda mark: str(mark["type"]))
    return {"type": "text", "text": value, **({"marks": [dict(mark) for mark in marks]} if marks else {})}


def content_of(parent: Mapping[str, Any]) -> list[Node]:
    """The nodes within a node."""
    found = parent.get("content")
    return [one for one in cast("list[Any]", found) if isinstance(one, dict)] if isinstance(found, list) else []


def attrs_of(parent: Mapping[str, Any]) -> Node:
    """The attributes of a node."""
    found = parent.get("attrs")
    return cast("Node", found) if isinstance(found, dict) else {}


def marks_of(parent: Mapping[str, Any]) -> dict[str, Node]:
    """The attributes of a text's marks, by the mark's type."""
    found = parent.get("marks")
    marks = cast("list[Any]", found) if isinstance(found, list) else []
    nodes = [cast("Node", mark) for mark in marks if isinstance(mark, dict)]
    return {str(mark.get("type")): attrs_of(mark) for mark in nodes}


def is_document(value: Any) -> bool:
    """Whether a field's value is a document."""
    return isinstance(value, dict) and cast("Node", value).get("type") == "doc"


def joined(nodes: Iterable[Node]) -> list[Node]:
    """Inline nodes with neighbouring texts of the same marks made one."""
    found: list[Node] = []
    for one in nodes:
        last = found[-1] if found else None
        if last and one["type"] == last["type"] == "text" and one.get("marks", []) == last.get("marks", []):
            found[-1] = {**last, "text": last["text"] + one["text"]}
        else:
            found.append(one)
    return found
