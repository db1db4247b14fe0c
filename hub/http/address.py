"""Addresses: the one base URL of a service, and paths below it that nothing can lead elsewhere."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from hub.errors import ConfigError, InvalidArguments

DEFAULT_PORTS = {"http": 80, "https": 443}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PLACEHOLDER = re.compile(r"\{(\w+)\}", re.ASCII)
# RFC 3986 section 3.3: what may stand in a path as it is; `%` because a template may be encoded already.
_PATH_SAFE = "/%:@!$&'()*+,;=-._~"


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port: what decides who gets a credential."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}")


@dataclass(frozen=True, slots=True)
class BaseURL:
    """An origin and the path prefix that every request keeps, such as `/prometheus`; no slash at its end."""

    origin: Origin
    prefix: str


def read_origin(url: str) -> Origin:
    """Take the origin out of an absolute http or https URL.

    Raises:
        ValueError: It is no such URL, holds a user name or password, or characters that parsers disagree about.
    """
    if _CONTROL.search(url) or "\\" in url or " " in url:
        raise ValueError("it holds a space, a backslash or a control character")
    parts = urlsplit(url)
    if parts.scheme not in DEFAULT_PORTS:
        raise ValueError("it has to start with http:// or https://")
    if "@" in parts.netloc:
        raise ValueError("it holds a user name or password")
    try:
        port = parts.port
    except ValueError:
        raise ValueError("its port is no number from 1 to 65535") from None
    if not parts.hostname or port == 0:
        raise ValueError("it names no host" if not parts.hostname else "its port is 0")
    try:
        host = parts.hostname if ":" in parts.hostname else parts.hostname.encode("idna").decode("ascii")
    except UnicodeError:
        raise ValueError("its host name is not valid") from None
    return Origin(parts.scheme, host, port or DEFAULT_PORTS[parts.scheme])


def parse_base_url(url: str, *, setting: str) -> BaseURL:
    """Check a configured base URL.

    Args:
        url: As it stands in hub.toml.
        setting: Where it stands there.

    Raises:
        ConfigError: It cannot be one; the URL itself is not repeated, since it may hold a password.
    """
    try:
        origin = read_origin(url)
    except ValueError as problem:
        hint = "Write it like https://service.example.com"
        if "user name" in str(problem):
            hint = "Put the user name and password into the connector's credential settings, not into the URL"
        raise ConfigError(f"The URL cannot be used: {problem}", setting=setting, hint=_at(setting, hint)) from None
    parts = urlsplit(url)
    if parts.query or parts.fragment:
        raise ConfigError(
            "The URL has a query or a fragment",
            setting=setting,
            hint=_at(setting, "Leave out everything from the ? or # on"),
        )
    if _has_dot_segment(parts.path):
        raise ConfigError("The URL's path holds . or ..", setting=setting, hint=_at(setting, "Write it in full"))
    return BaseURL(origin, quote(parts.path.rstrip("/"), safe=_PATH_SAFE))


def parse_proxy(url: str, *, setting: str) -> Origin:
    """Check a configured proxy URL; a user name and password may stand in it.

    Raises:
        ConfigError: It is no http or https URL; it is not repeated, since it may hold a password.
    """
    parts = urlsplit(url)
    try:
        return read_origin(urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], path="", query="")))
    except ValueError as problem:
        raise ConfigError(f"The proxy's URL cannot be used: {problem}", setting=setting) from None


def build_path(base: BaseURL, template: str, path_params: Mapping[str, str] | None) -> str:
    """Put a path below the base URL's prefix.

    Args:
        base: The service.
        template: A path, with `{name}` for each of `path_params`; percent-escapes in it stay as they are.
        path_params: Values; each becomes one segment or part of one, fully percent-encoded.

    Raises:
        InvalidArguments: The path would lead elsewhere, or a value cannot stand in a path.
        ValueError: Placeholders and `path_params` do not match.
    """
    if template.startswith("//") or "://" in template.split("?", 1)[0]:
        raise InvalidArguments(
            "The path is a URL of its own; only paths below the service's base URL can be called"
        )
    if "\\" in template or "?" in template or "#" in template or _CONTROL.search(unquote(template)):
        raise InvalidArguments("The path holds a question mark, a hash, a backslash or a control character")
    if _has_dot_segment(template):
        raise InvalidArguments("The path holds . or .. as a segment")
    path = template if template.startswith("/") or not template else f"/{template}"
    if path_params is not None or "{" in path:
        path = _fill(path, path_params or {})
    return base.prefix + quote(path, safe=_PATH_SAFE) or "/"


def check_raw_path(base: BaseURL, path: str) -> None:
    """Check a path that a vendor SDK has encoded itself.

    Raises:
        InvalidArguments: It leaves the base URL's prefix or is malformed.
    """
    plain = unquote(path)
    if _CONTROL.search(plain) or "\\" in plain or " " in path or _has_dot_segment(path) or not path.isascii():
        raise InvalidArguments("The path holds a .. segment, a backslash or a control character")
    if base.prefix and path != base.prefix and not path.startswith(f"{base.prefix}/"):
        raise InvalidArguments(f"The path lies outside {base.prefix}, where the service's base URL ends")


def _fill(template: str, values: Mapping[str, str]) -> str:
    used = set(_PLACEHOLDER.findall(template))
    if used != set(values):
        raise ValueError(f"path_params {sorted(values)} do not match the placeholders {sorted(used)} of the path")
    return _PLACEHOLDER.sub(lambda match: _segment(match[1], values[match[1]]), template)


def _segment(name: str, value: str) -> str:
    if not value or _CONTROL.search(value) or _has_dot_segment(value):
        raise InvalidArguments(
            f"The value of {name} cannot stand in a path: it is empty, or holds .. or a control character"
        )
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        raise InvalidArguments(f"The value of {name} is not valid text") from None


def _has_dot_segment(path: str) -> bool:
    """Whether `.` or `..` is a segment of it, for a server that decodes before it splits, too."""
    return "." in (plain := unquote(path)) and any(part in (".", "..") for part in re.split(r"[/\\;]", plain))


def _at(setting: str, hint: str) -> str:
    return f"{setting}: {hint}" if setting else hint
