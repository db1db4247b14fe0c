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


Content = Text | ResourceLink | Image


@dataclass(frozen=True, slots=True)
class Result:
    """What a tool returns when text alone does not say it."""

    content: tuple[Content, ...]
