"""The secret values in use, so that everything that writes text can keep them out of it."""

import json
import re
from urllib.parse import quote

MASK = "[secret]"
_SHORTEST = 4


class KnownSecrets:
    """A growing set of secret values; made once per process and handed to whoever resolves secrets or writes text.

    Values below four characters are not masked: they would blot out ordinary words.
    """

    def __init__(self) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def __repr__(self) -> str:
        return f"KnownSecrets({len(self._forms)} forms)"

    def add(self, value: str) -> None:
        """Mask this value from now on, also where it is percent-encoded or escaped as in JSON and `repr`."""
        if len(value) < _SHORTEST:
            return
        escaped = {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1]}
        self._forms |= {value, value.strip(), quote(value), quote(value, safe=""), *escaped}
        longest_first = sorted(self._forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(re.escape(form) for form in longest_first))

    def redact(self, text: str) -> str:
        """The text with every known value masked."""
        return self._pattern.sub(MASK, text) if self._pattern else text
