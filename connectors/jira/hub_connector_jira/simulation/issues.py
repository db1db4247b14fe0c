"""What the simulated site keeps of an issue."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

Body = str | dict[str, Any]
"""Rich text: a document (ADF) or wiki markup as it was written, or `Prose` of the first content."""


@dataclass(slots=True, kw_only=True)
class Comment:
    """A comment; times in unix milliseconds."""

    id: int
    author: str
    body: Body
    created: int
    updated: int
    visibility: dict[str, str] | None = None


@dataclass(slots=True, kw_only=True)
class Worklog:
    """Time someone spent; times in unix milliseconds."""

    id: int
    author: str
    started: int
    seconds: int
    created: int
    comment: Body | None = None


@dataclass(slots=True, kw_only=True)
class Attachment:
    """A file; its bytes are made when they are asked for."""

    id: int
    author: str
    filename: str
    mime_type: str
    created: int
    content: Callable[[], bytes]


@dataclass(slots=True, kw_only=True, frozen=True)
class ChangeItem:
    """One field that changed: identifiers and what they were called."""

    field: str
    field_id: str
    old: str | None
    old_text: str | None
    new: str | None
    new_text: str | None


@dataclass(slots=True, kw_only=True, frozen=True)
class Change:
    """An entry of the changelog."""

    id: int
    author: str
    created: int
    items: tuple[ChangeItem, ...]


@dataclass(slots=True, kw_only=True, frozen=True)
class Link:
    """A link; its type's outward words read from the source to the target."""

    id: int
    type_id: str
    source: int
    target: int


@dataclass(slots=True, kw_only=True, frozen=True)
class RemoteLink:
    """A link to somewhere else; one with the same global id replaces it."""

    id: int
    url: str
    title: str
    global_id: str = ""
    relationship: str = ""


@dataclass(slots=True, kw_only=True)
class Issue:
    """An issue.

    Attributes:
        values: By field id, as identifiers and plain values (see `values.py`); what is empty is left out.
        watchers: Account ids.
    """

    id: int
    key: str
    project: str
    values: dict[str, Any]
    comments: list[Comment] = field(default_factory=list[Comment])
    worklogs: list[Worklog] = field(default_factory=list[Worklog])
    attachments: list[Attachment] = field(default_factory=list[Attachment])
    history: list[Change] = field(default_factory=list[Change])
    watchers: set[str] = field(default_factory=set[str])

    @property
    def number(self) -> int:
        """The number in the key."""
        return int(self.key.rpartition("-")[2])

    def copy(self) -> "Issue":
        """The issue as it is now, not touched by later changes."""
        return replace(
            self,
            values=dict(self.values),
            comments=[replace(comment) for comment in self.comments],
            worklogs=list(self.worklogs),
            attachments=list(self.attachments),
            history=list(self.history),
            watchers=set(self.watchers),
        )
