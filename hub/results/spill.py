"""The store behind hub://results: whole texts of results that were too long to show."""

import secrets
import sys
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from hub.access.principal import Principal
from hub.errors import NotFound

READ_TOOL = "hub_read_result"
"""The tool that reads the store; what it gives back is never stored again."""

FOLD_AT = 500
"""Characters from which on a line is folded, so that one endless line can be read in parts."""
_FOLD_BACK = 100
_OWN_BYTES = 1024
"""Memory one entry takes besides its text, generously."""
_Owner = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpilledResult:
    """A stored text.

    Attributes:
        id: Unguessable; names it in hub://results/{id}.
        text: Long lines folded.
        lines: How many lines it has.
        mime_type: Of the text.
        source: Name of the tool, resource or prompt it comes from.
        complete: False if its end did not fit into the store.
    """

    id: str
    text: str = field(repr=False)
    lines: int
    mime_type: str
    source: str
    complete: bool

    @property
    def uri(self) -> str:
        """Where it can be read."""
        return f"hub://results/{self.id}"


class SpillStore:
    """Keeps texts in memory, each for the client whose call made it.

    When the store is full, the client that holds most loses what it used longest ago, so no client can push out
    the results of one that holds less.

    Args:
        max_bytes_total: Memory for all texts.
        keep_seconds: How long a text can be read after it was last put or read.
        clock: Seconds that only grow.
        max_bytes_each: Memory for one text; a longer one loses its end.
    """

    def __init__(
        self,
        max_bytes_total: int = 64 * 1024 * 1024,
        keep_seconds: float = 900.0,
        clock: Callable[[], float] = time.monotonic,
        *,
        max_bytes_each: int = 8 * 1024 * 1024,
    ) -> None:
        self.keep_seconds = keep_seconds
        self._max_bytes_total = max_bytes_total
        self._max_bytes_each = min(max_bytes_each, max_bytes_total)
        self._clock = clock
        self._entries: OrderedDict[str, _Entry] = OrderedDict()  # least recently used first
        self._held: Counter[_Owner] = Counter()

    @property
    def held_bytes(self) -> int:
        """Memory in use."""
        return self._held.total()

    def put(self, principal: Principal, text: str, mime_type: str, source: str) -> SpilledResult:
        """Store a text for this client.

        Args:
            principal: Whose call made it.
            text: Clean already.
            mime_type: Of the text.
            source: Name of the tool, resource or prompt.
        """
        folded = fold(text)
        kept = self._cut(folded)
        result = SpilledResult(
            id=secrets.token_urlsafe(12),
            text=kept,
            lines=kept.count("\n") + 1,
            mime_type=mime_type,
            source=source,
            complete=len(kept) == len(folded),
        )
        now = self._clock()
        self._expire(now)
        entry = _Entry(_owner(principal), result, _size(kept), now + self.keep_seconds)
        self._make_room(entry.size)
        self._entries[result.id] = entry
        self._held[entry.owner] += entry.size
        return result

    def get(self, principal: Principal, result_id: str) -> SpilledResult:
        """What `put` stored.

        Raises:
            NotFound: It expired, had to make room, or is not this client's.
        """
        now = self._clock()
        self._expire(now)
        entry = self._entries.get(result_id)
        if entry is None or entry.expires <= now or entry.owner != _owner(principal):
            raise NotFound(
                "No stored result has this id",
                hint=f"Results are kept for {self.keep_seconds:g} seconds after they were last read; "
                "repeat the call that made it",
            )
        entry.expires = now + self.keep_seconds
        self._entries.move_to_end(result_id)
        return entry.result

    def _cut(self, text: str) -> str:
        size = _size(text)
        if size <= self._max_bytes_each:
            return text
        characters = max(len(text) * (self._max_bytes_each - 2 * _OWN_BYTES) // size, 1)
        end = text.rfind("\n", 0, characters)
        return text[: end if end > 0 else characters]

    def _expire(self, now: float) -> None:
        while self._entries:
            result_id, entry = next(iter(self._entries.items()))
            if entry.expires > now:
                return
            self._remove(result_id)

    def _make_room(self, size: int) -> None:
        while self._entries and self.held_bytes + size > self._max_bytes_total:
            most = max(self._held.values())
            self._remove(next(key for key, entry in self._entries.items() if self._held[entry.owner] == most))

    def _remove(self, result_id: str) -> None:
        entry = self._entries.pop(result_id)
        self._held[entry.owner] -= entry.size
        if not self._held[entry.owner]:
            del self._held[entry.owner]


@dataclass(slots=True)
class _Entry:
    owner: _Owner
    result: SpilledResult
    size: int
    expires: float


def _owner(principal: Principal) -> _Owner:
    return principal.how, principal.client


def _size(text: str) -> int:
    return sys.getsizeof(text) + _OWN_BYTES


def fold(text: str) -> str:
    """The text with every line longer than `FOLD_AT` broken, at a space, comma or semicolon if one is near."""
    lines = text.split("\n")
    if max(map(len, lines)) <= FOLD_AT:
        return text
    return "\n".join(part for line in lines for part in _parts(line))


def _parts(line: str) -> Iterator[str]:
    start = 0
    while len(line) - start > FOLD_AT:
        end = start + FOLD_AT
        near = max(line.rfind(mark, end - _FOLD_BACK, end) for mark in " ,;\t") + 1
        end = near or end
        yield line[start:end]
        start = end
    yield line[start:]
