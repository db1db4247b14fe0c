"""Takes secrets out of texts, and makes texts from outside fit to show."""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

REDACTED = "[redacted]"
_SHORTEST = 4
_SECRET_NAME = re.compile(
    r"auth|token|secret|passw|cookie|credential|signature|session|api[-_]?key|^key$|[-_]key$|^sig$", re.IGNORECASE
)
_USERINFO = re.compile(r"(?<=://)[^/\s@]+@")
# C0, C1, DEL, the bidi controls, zero-width and tag characters: invisible, so only good for deceiving a reader.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]+"
)


class Redactor:
    """Knows the secrets in play around one request.

    Args:
        secrets: Values that must not be shown; very short ones are left out, they would tear any text apart.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        forms: set[str] = set()
        for secret in secrets:
            value = secret.strip()
            if len(value) >= _SHORTEST:
                forms |= {value, quote(value, safe=""), quote_plus(value)}
                forms.add(value.encode("unicode_escape").decode("ascii").replace('"', '\\"'))
        ordered = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(re.escape(form) for form in ordered)) if ordered else None

    def __call__(self, text: str) -> str:
        """The text without the secrets, and without user names and passwords in URLs."""
        if self._pattern is not None:
            text = self._pattern.sub(REDACTED, text)
        return _USERINFO.sub(f"{REDACTED}@", text)


def secrets_in_header(value: str) -> Iterable[str]:
    """A header's value with the parts of it that are secret by themselves: after the scheme, and inside Basic."""
    yield value
    scheme, _, rest = value.partition(" ")
    if not rest:
        return
    yield rest
    if "=" in rest and scheme.lower() != "basic":  # such as `Token token=abc`
        yield rest.partition("=")[2].strip('"')
    if scheme.lower() == "basic":
        try:
            pair = base64.b64decode(rest, validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return
        yield pair
        yield pair.partition(":")[2]


def secrets_in_headers(headers: Mapping[str, str]) -> Iterable[str]:
    """Secrets in those headers whose names say that they carry some."""
    for name, value in headers.items():
        if _SECRET_NAME.search(name):
            yield from secrets_in_header(value)


def secrets_in_url(url: str) -> Iterable[str]:
    """User name and password of a URL, and query values whose names say that they are secret."""
    parts = urlsplit(url)
    userinfo, at, _ = parts.netloc.rpartition("@")
    if at:
        yield userinfo
        yield unquote(userinfo)
        yield unquote(userinfo.partition(":")[2])
    for name, value in parse_qsl(parts.query):
        if _SECRET_NAME.search(name):
            yield value


def presentable(text: str, limit: int) -> str:
    """One line without control or invisible characters, at most `limit` characters long."""
    line = " ".join(_UNSEEN.sub(" ", text[: limit * 4]).split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"
