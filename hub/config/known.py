"""The secret values in use, so that everything that writes text can keep them out of it."""

import json
import re
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping
from urllib.parse import quote

MASK = "[secret]"
_SHORTEST = 4
_SHORTEST_ENCODED = 6
_SHARED = "[A-Za-z0-9+/_-]"
"""A character of Base64 that can hold bits of a secret's first or last byte and of what is next to it."""
_URL_SAFE = str.maketrans("+/", "-_")


class KnownSecrets:
    """The secret values in use; made once per process and handed to whoever resolves secrets or writes text.

    Values below four characters are not masked: they would blot out ordinary words. May be asked from any thread.
    """

    def __init__(self) -> None:
        self._values: dict[str, Mapping[str, str]] = {}
        self._changing = threading.Lock()
        self._forms: Mapping[str, str] = {}  # each with the expression for what is masked there
        self._pattern: re.Pattern[str] | None = None

    def __repr__(self) -> str:
        return f"KnownSecrets({len(self._forms)} forms)"

    def add(self, value: str) -> None:
        """Mask this value from now on.

        Also where it is percent-encoded, escaped as in JSON and `repr`, or in Base64, alone or within more text as
        in `Authorization: Basic` (RFC 7617 section 2), where only the user's name stays readable.
        """
        if len(value) < _SHORTEST:
            return
        with self._changing:
            if value not in self._values:
                self._values[value] = _forms(value)
                self._compile()

    def forget(self, value: str) -> None:
        """Mask this value no longer: a token that is out of use."""
        with self._changing:
            if self._values.pop(value, None) is not None:
                self._compile()

    def _compile(self) -> None:
        forms = {form: told for one in self._values.values() for form, told in one.items()}
        longest_first = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(forms[form] for form in longest_first))
        self._forms = forms  # replaced as a whole, since other threads may be reading it

    def redact(self, text: str) -> str:
        """The text with every known value masked."""
        # Looking for one form after the other is three to seven times as fast as the expression of them all.
        for form in self._forms:
            if form in text:
                return self._pattern.sub(MASK, text) if self._pattern else text
        return text


def _forms(value: str) -> Mapping[str, str]:
    """What the value can look like in a text, each with the expression for what is masked there."""
    escaped = {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1]}
    plain = {value, value.strip(), quote(value), quote(value, safe=""), *escaped}
    forms = {form: f"{_SHARED}?{re.escape(form)}{_SHARED}?={{0,2}}" for form in _in_base64(value)}
    return forms | {form: re.escape(form) for form in plain}


def _in_base64(value: str) -> Iterator[str]:
    """What a value looks like in the Base64 of any text around it: it may begin at each of three bytes.

    Characters that also hold bits of a neighbour are left out, since they differ from text to text.
    """
    data = value.encode("utf-8", "surrogatepass")
    for before in range(3):
        encoded = b64encode(bytes(before) + data).decode("ascii")
        form = encoded[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]
        if len(form) >= _SHORTEST_ENCODED:
            yield form
            yield form.translate(_URL_SAFE)
