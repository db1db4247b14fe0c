"""What the audit log may hold of a call's arguments: no secrets, and not too much."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from math import isfinite
from typing import Any, cast

import orjson

from hub.config.known import MASK

MAX_ARGUMENTS = 4096
"""Bytes of canonical JSON that are kept; of more, the beginning and a hash of all."""
MAX_NAME = 300
"""Characters kept of a name as the caller wrote it."""
MAX_DEPTH = 32

TOO_DEEP = "[nested too deeply]"

_SECRET_NAME = re.compile(
    r"passw|passphrase|secret|token|credential|authoriz|cookie|bearer|jwt|signature"
    r"|(?:api|access|private|signing|encryption|master|account)[-_. ]?key"
    r"|(?<![a-z])(?:pwd|otp|pin|auth)(?![a-z])",
    re.IGNORECASE,
)

# Shapes that vendors give their secrets, so that one is recognised wherever it stands. Every alternative begins
# with literal characters and repeats single classes only: matching takes linear time.
_SECRET_VALUE = re.compile(
    r"(?P<scheme>\b(?:bearer|basic|token|apikey|negotiate|digest)\s+)[\w.~+/=:,\"-]{8,}"
    r"|-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)"
    r"|\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*){0,3}"  # JWT, RFC 7519; JWE has five parts
    r"|\bgh[pousr]_\w{16,}|\bgithub_pat_\w{16,}|\bglpat-[\w-]{16,}"
    r"|\bxox[a-z]-[\w-]{8,}|\bxapp-[\w-]{8,}"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bAIza[\w-]{30,}|\bya29\.[\w-]{16,}"
    r"|\bsk-[\w-]{16,}|\b[sr]k_(?:live|test)_\w{8,}"
    r"|\bATATT3[\w=-]{16,}|\bSG\.[\w-]{12,}\.[\w-]{12,}|\b(?:npm_|hf_|shpat_|lin_api_|ntn_|dapi|glsa_)\w{30,}"
    r"|\b00D[A-Za-z0-9]{12,15}![\w.]{16,}"
    r"|(?P<user>://[^\s/:@]{0,200}:)[^\s/@]{1,200}(?=@)"
    r"|(?P<setting>\b(?:[a-z]{1,20}[-_])?(?:password|passwd|pwd|secret|token|api[-_]?key|signature|sig)"
    r"\\?[\"']?\s{0,3}[=:]\s{0,3}\\?[\"']?)(?!\s)[^\s&;,\"'\\]{3,}",
    re.IGNORECASE,
)

_SHORTEST_MATCH = 7
# Every match of _SECRET_VALUE holds one of these; looking for them is far cheaper than the expression is.
_MARKERS = (
    *("bearer", "basic", "token", "apikey", "negotiate", "digest", "private key", "eyj", "ghp_", "gho_", "ghu_"),
    *("ghs_", "ghr_", "github_pat_", "glpat-", "xox", "xapp-", "akia", "asia", "aiza", "ya29.", "sk-", "k_live_"),
    *("k_test_", "atatt3", "sg.", "npm_", "hf_", "shpat_", "lin_api_", "ntn_", "dapi", "glsa_", "00d", "://"),
    *("passw", "pwd", "secret", "api", "sig"),
)


@dataclass(frozen=True, slots=True)
class RedactedArguments:
    """Arguments as the log keeps them.

    Attributes:
        json: Canonical JSON of an object; where it was too long, its beginning as a JSON string.
        sha256: Of the whole redacted canonical JSON, where it was cut. Redacted, since a hash of a short secret
            would give it away to whoever tries all short secrets.
    """

    json: bytes
    sha256: str | None = None


def _unchanged(text: str) -> str:
    return text


class Redactor:
    """Takes secrets out of what callers send.

    Args:
        mask_known: Masks the secret values known to this process, see `hub.config.known`.
    """

    def __init__(self, mask_known: Callable[[str], str] = _unchanged) -> None:
        self._mask_known = mask_known

    def text(self, text: str, longest: int = MAX_NAME) -> str:
        """A single text without secrets, cut to `longest` characters."""
        if len(text) > longest:
            text = text[: longest * 4]  # a secret across the cut is seen whole
        clean = self._clean(text)
        return clean if len(clean) <= longest else clean[:longest] + "…"

    def arguments(self, arguments: Mapping[str, Any], sensitive: Collection[str] = ()) -> RedactedArguments:
        """Arguments without secrets, as canonical JSON: sorted keys, no spaces, UTF-8.

        Args:
            arguments: As the caller sent them; checked or not.
            sensitive: Parameters whose author declared that their values must not be kept.
        """
        whole = _canonical(self.masked(arguments, sensitive))
        if len(whole) <= MAX_ARGUMENTS:
            return RedactedArguments(whole)
        kept = whole[:MAX_ARGUMENTS].decode("utf-8", "ignore")
        return RedactedArguments(orjson.dumps(kept), sha256(whole).hexdigest())

    def masked(self, arguments: Mapping[str, Any], sensitive: Collection[str] = ()) -> dict[str, Any]:
        """Arguments without secrets, as they are otherwise.

        Args:
            arguments: As the caller sent them; checked or not.
            sensitive: Parameters whose author declared that their values must not be kept.
        """
        return {
            self._clean(name): MASK if name in sensitive else self._value(name, value, MAX_DEPTH)
            for name, value in arguments.items()
        }

    def _value(self, name: str, value: Any, depth: int) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if _names_secret(name[:MAX_NAME]) and not _is_count(name, value):
            return MASK
        return self._inner(value, depth)

    def _inner(self, value: Any, depth: int) -> Any:
        if isinstance(value, str):
            return self._clean(value)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, float):
            return value if isfinite(value) else str(value)
        if isinstance(value, int):
            return value if -(2**63) <= value < 2**63 else hex(value)
        if depth == 0:
            return TOO_DEEP
        if isinstance(value, Mapping):
            pairs = cast("Mapping[Any, Any]", value)
            return {self._clean(str(key)): self._value(str(key), inner, depth - 1) for key, inner in pairs.items()}
        if isinstance(value, list | tuple):
            return [self._inner(inner, depth - 1) for inner in cast("list[Any]", value)]
        return self._clean(str(value))

    def _clean(self, text: str) -> str:
        if not text.isascii():
            text = text.encode("utf-8", "backslashreplace").decode()  # lone surrogates, which no JSON reader takes
        text = self._mask_known(text)
        if len(text) < _SHORTEST_MATCH:
            return text
        lower = text.lower()
        for marker in _MARKERS:
            if marker in lower:
                return _SECRET_VALUE.sub(_masked, text)
        return text


@lru_cache(maxsize=1024)
def _names_secret(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None


def _masked(match: re.Match[str]) -> str:
    return (match["scheme"] or match["user"] or match["setting"] or "") + MASK


def _is_count(name: str, value: Any) -> bool:
    """`max_tokens = 2000` is no secret."""
    return isinstance(value, int | float) and name.lower().endswith("tokens")


def _canonical(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
