"""Reads attachments: texts as text, pictures as pictures, and of anything else what it is."""

from collections.abc import Mapping, Sequence

from hub.plugin import Image, InvalidArguments, NotFound, Result, Text
from hub_connector_jira.near import did_you_mean
from hub_connector_jira.reading import size
from hub_connector_jira.shapes import Json, mapping, rows, string
from hub_connector_jira.site import Site

MOST_BYTES = 16 * 1024 * 1024
MOST_PICTURE_BYTES = 2 * 1024 * 1024
_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
# fmt: off
_TEXTS = frozenset({
    "application/json", "application/xml", "application/x-yaml", "application/yaml", "application/javascript",
    "application/sql", "application/x-sh", "application/toml", "application/x-ndjson", "message/rfc822",
    "image/svg+xml",
})
# fmt: on


async def read_attachment(site: Site, key: str, wanted: str) -> Result | str:
    """An attachment of an issue.

    Args:
        site: The Jira.
        key: Of the issue, which says whether the attachment is in reach.
        wanted: Its id or file name.

    Raises:
        NotFound: The issue has no such attachment.
        InvalidArguments: Several have that name.
        ResponseTooLarge: It is too large to be read.
        ConnectorError: Jira does not answer as it should.
    """
    issue = await site.issue(key, "attachment")
    one = _chosen(rows(mapping(issue.get("fields")).get("attachment")), wanted, key)
    name, kind = string(one.get("filename")), string(one.get("mimeType")).partition(";")[0]
    about = f"{name} ({kind}, {size(one.get('size'))}) of {key}"
    if kind in _PICTURES:
        return await _picture(site, one, about, kind)
    content = await _content(site, one, MOST_BYTES)
    text = _as_text(content, kind)
    if text is None:
        return f"{about} is neither text nor a picture; people open it at {string(one.get('content'))}"
    return f"{about}, {len(text.splitlines())} lines\n\n{text}"


async def _picture(site: Site, one: Mapping[str, object], about: str, kind: str) -> Result | str:
    length = one.get("size")
    if isinstance(length, int) and length > MOST_PICTURE_BYTES:
        return f"{about} is too large to be shown (at most {size(MOST_PICTURE_BYTES)})"
    content = await _content(site, one, MOST_PICTURE_BYTES)
    return Result((Text(about), Image(data=content, mime_type=kind)))


async def _content(site: Site, one: Mapping[str, object], most: int) -> bytes:
    id_, name = string(one.get("id")), string(one.get("filename"))
    if site.cloud:
        return await site.wire.download("/rest/api/3/attachment/content/{id}", most=most, id=id_)
    return await site.wire.download("/secure/attachment/{id}/{name}", most=most, id=id_, name=name)


def _chosen(attachments: Sequence[Json], wanted: str, key: str) -> Json:
    found = [one for one in attachments if string(one.get("id")) == wanted]
    found = found or [one for one in attachments if string(one.get("filename")).casefold() == wanted.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(f"{string(one.get('id'))} ({string(one.get('created'))[:16]})" for one in found)
        raise InvalidArguments(f"{key} has {len(found)} attachments called {wanted!r}", hint=f"Pass an id: {ids}")
    names = [string(one.get("filename")) for one in attachments]
    raise NotFound(
        f"{key} has no attachment {wanted!r}", hint=did_you_mean(wanted, names, otherwise="It has no attachments")
    )


def _as_text(content: bytes, kind: str) -> str | None:
    """The text of a file; None if it is none, whatever its type says."""
    if not (kind.startswith("text/") or kind in _TEXTS or kind in ("application/octet-stream", "")):
        return None
    if b"\0" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return content.decode("latin-1") if kind.startswith("text/") else None
