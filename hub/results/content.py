"""What a call gives back, in the hub's own small types; the MCP types are made of it in hub.server."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceLink:
    """A pointer to a resource that can be read later."""

    uri: str
    name: str
    description: str = ""
    mime_type: str = "text/plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture; `data` holds the raw bytes."""

    data: bytes
    mime_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Audio:
    """A recording; `data` holds the raw bytes."""

    data: bytes
    mime_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """What a resource holds, sent along: its text or its raw bytes, exactly one of the two.

    Attributes:
        uri: Of the resource.
        text: Its text.
        data: Its bytes, if it is no text.
        mime_type: Of either.
    """

    uri: str
    text: str | None = None
    data: bytes | None = None
    mime_type: str = "text/plain"

    def __post_init__(self) -> None:
        if (self.text is None) == (self.data is None):
            raise ValueError("an embedded resource has either a text or data")


Content = Text | ResourceLink | Image | Audio | Embedded


@dataclass(frozen=True, slots=True)
class Result:
    """What a tool returns when text alone does not say it; of a prompt, each piece is one message."""

    content: tuple[Content, ...]


def size_of(content: Content) -> int:
    """Characters of what is text, bytes of what is not."""
    match content:
        case Text(text=text):
            return len(text)
        case ResourceLink(uri=uri):
            return len(uri)
        case Image(data=data) | Audio(data=data):
            return len(data)
        case Embedded(text=text, data=data):
            return len(text or data or "")
