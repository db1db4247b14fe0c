"""Answers kept for conditional requests: a 304 costs nothing of GitHub's hourly budget.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

_MOST_BYTES = 8 * 1024 * 1024
_MOST_EACH = 1024 * 1024
_MOST_ENTRIES = 256
_KEPT_HEADERS = ("content-type", "link")


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One answer with its ETag."""

    etag: str
    headers: Mapping[str, str]
    body: bytes


class Etags:
    """The last answers with an ETag, those least used forgotten first; bounded in number and bytes.

    They belong to one connector and so to one credential. May be used from any thread.
    """

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: str) -> Kept | None:
        """What was kept for this request."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
            return kept

    def put(self, key: str, headers: Mapping[str, str], body: bytes) -> None:
        """Keep an answer, if it has an ETag and is not too large."""
        etag = headers.get("etag", "")
        if not etag or len(body) > min(_MOST_EACH, self._most_bytes):
            return
        kept = Kept(
            etag=etag, headers={name: headers[name] for name in _KEPT_HEADERS if name in headers}, body=body
        )
        with self._lock:
            if (old := self._kept.pop(key, None)) is not None:
                self._bytes -= len(old.body)
            self._kept[key] = kept
            self._bytes += len(body)
            while self._bytes > self._most_bytes or len(self._kept) > _MOST_ENTRIES:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= len(gone.body)
