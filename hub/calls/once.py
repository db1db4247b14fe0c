"""Stage between limit and run: a write that comes with an idempotency key is done once within ten minutes."""

import asyncio
import hashlib
import math
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from hub.access.principal import Principal
from hub.calls.shape import shape_error
from hub.calls.types import INPUT_REQUIRED, Call, Outcome
from hub.catalog.items import IDEMPOTENCY_KEY, AnyItem, ToolItem
from hub.errors import DeadlineExceeded, InvalidArguments, OutcomeUnknown, QuotaExceeded
from hub.http.exchange import Exchange
from hub.results.content import Text, size_of

KEEP_SECONDS = 600.0
"""How long after it has ended a write is not done again under its key."""
MAX_KEY_CHARACTERS = 200
MAX_KEYS = 10_000
MAX_KEYS_EACH = 1_000
"""Keys remembered in all, and for one client; beyond that writes with further keys are refused."""
MAX_HELD = 16 * 1024 * 1024
"""Characters and bytes of all answers kept; beyond that the oldest are forgotten, but not that they were given."""

_Owner = tuple[str, str]
_Slot = tuple[_Owner, str, str]


@dataclass(slots=True, eq=False)
class _Entry:
    """A key in use.

    Attributes:
        slot: Client, tool and key.
        call: Id of the call that came first.
        digest: Of that call's arguments.
        outcome: What came of it, once that is certain or certain to remain unknown.
        until: When it is forgotten.
        over: Set when the first call has ended, whatever came of it.
    """

    slot: _Slot
    call: str
    digest: bytes
    outcome: Outcome | None = None
    until: float = math.inf
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Once:
    """Remembers what came of writes that had a key. In memory: a reload keeps it, a restart does not.

    The same key with the same arguments gives the first outcome again, and waits for it where the first call is
    still under way. An outcome that is unknown stays so: only a look can tell, not a second write. A call that
    certainly changed nothing gives its key back, so that it can be repeated: one that was refused, that sent no
    write, or whose writes the service all refused (4xx).

    Args:
        clock: Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: dict[_Slot, _Entry] = {}
        self._ended = deque[_Entry]()  # in the order they are forgotten
        self._answers = deque[_Entry]()  # those of them whose answers are kept
        self._held = 0
        self._keys = Counter[_Owner]()

    def __len__(self) -> int:
        return len(self._entries)

    async def run(
        self,
        call: Call,
        item: AnyItem,
        key: str,
        arguments: Mapping[str, Any],
        exchange: Exchange,
        perform: Callable[[], Awaitable[Outcome]],
        repeat: Callable[[Outcome, str], Awaitable[Outcome]],
    ) -> Outcome:
        """Do the call, or give what came of the first with its key.

        Args:
            call: What was asked for.
            item: The tool.
            key: The caller's.
            arguments: As the caller sent them; the key may be among them.
            exchange: Where `perform` counts what it sends; holds the deadline.
            perform: Does the call.
            repeat: Called with the first outcome and the first call's id in place of `perform`.

        Raises:
            InvalidArguments: The key is none, or was used with other arguments.
            QuotaExceeded: There are too many keys.
            DeadlineExceeded: The first call is still under way.
        """
        if not 0 < len(key) <= MAX_KEY_CHARACTERS:
            raise InvalidArguments(f"{IDEMPOTENCY_KEY} takes 1 to {MAX_KEY_CHARACTERS} characters")
        slot = (_owner(call.principal), item.name, key)
        digest = _digest(arguments)
        self._forget_old()
        while (entry := self._entries.get(slot)) is not None:
            if entry.digest != digest:
                raise InvalidArguments(
                    f"This {IDEMPOTENCY_KEY} was used for {item.name} with other arguments in the last ten minutes",
                    hint="Use another key for another write; nothing was done",
                )
            if entry.outcome is not None:
                return await repeat(entry.outcome, entry.call)
            await _over(entry, item, exchange.deadline)
        entry = self._enter(slot, call.id, digest)
        try:
            outcome = await perform()
        except BaseException:
            self._end(entry, item, None, exchange)
            raise
        self._end(entry, item, outcome, exchange)
        return outcome

    def _enter(self, slot: _Slot, call: str, digest: bytes) -> _Entry:
        owner = slot[0]
        if len(self._entries) >= MAX_KEYS or self._keys[owner] >= MAX_KEYS_EACH:
            wait = max(self._ended[0].until - self._clock(), 1.0) if self._ended else 1.0
            raise QuotaExceeded(
                f"Too many writes with an {IDEMPOTENCY_KEY} within ten minutes, so nothing was done",
                hint=f"Try again in {math.ceil(wait)} s",
                retry_after=wait,
            )
        self._keys[owner] += 1
        entry = self._entries[slot] = _Entry(slot, call, digest)
        return entry

    def _end(self, entry: _Entry, item: AnyItem, outcome: Outcome | None, exchange: Exchange) -> None:
        """Keep what is to be repeated; the key is free again otherwise."""
        entry.over.set()
        if outcome is None and exchange.writes:  # cancelled, or worse
            outcome = shape_error(
                OutcomeUnknown(
                    f"{item.name} was cancelled after it was sent, so it may or may not have happened",
                    hint="Look whether it did before you repeat it with another key",
                ),
                source=item.namespace,
            )
        if outcome is None or not _lasts(outcome, exchange):
            self._forget(entry)
            return
        entry.outcome = replace(outcome, upstream=False, changed=())
        entry.until = self._clock() + KEEP_SECONDS
        self._ended.append(entry)
        self._answers.append(entry)
        self._held += _size(entry.outcome)
        while self._held > MAX_HELD and self._answers:
            self._empty(self._answers.popleft())

    def _empty(self, entry: _Entry) -> None:
        if entry.outcome is None:
            return
        self._held -= _size(entry.outcome)
        done = "was done" if entry.outcome.ok else f"ended in {entry.outcome.error}"
        text = f"{entry.slot[1]} {done} under this {IDEMPOTENCY_KEY}; its answer is no longer kept"
        entry.outcome = replace(entry.outcome, content=(Text(text),))
        self._held += _size(entry.outcome)

    def _forget_old(self) -> None:
        now = self._clock()
        while self._ended and self._ended[0].until <= now:
            entry = self._ended.popleft()
            if self._answers and self._answers[0] is entry:
                self._answers.popleft()
            if entry.outcome is not None:
                self._held -= _size(entry.outcome)
            self._forget(entry)

    def _forget(self, entry: _Entry) -> None:
        del self._entries[entry.slot]
        owner = entry.slot[0]
        self._keys[owner] -= 1
        if not self._keys[owner]:
            del self._keys[owner]


def key_of(item: AnyItem, bound: dict[str, Any]) -> str | None:
    """Take the key out of checked arguments; None if there is none or it is no business of the hub's."""
    return bound.pop(IDEMPOTENCY_KEY, None) if isinstance(item, ToolItem) and item.keyed else None


async def _over(entry: _Entry, item: AnyItem, deadline: float) -> None:
    try:
        async with asyncio.timeout(max(deadline - time.monotonic(), 0.0)):
            await entry.over.wait()
    except TimeoutError:
        raise DeadlineExceeded(
            f"{item.name} is still being done under this {IDEMPOTENCY_KEY}", hint="Ask again with the same key"
        ) from None


def _lasts(outcome: Outcome, exchange: Exchange) -> bool:
    """Whether doing it again would be doing it twice, as far as anybody can tell."""
    if outcome.error == INPUT_REQUIRED:
        return False
    if outcome.ok:  # one that asked the service and wrote nothing was a preview
        return bool(exchange.writes) or not exchange.requests
    return bool(exchange.writes) or outcome.error == OutcomeUnknown.code


def _owner(principal: Principal) -> _Owner:
    return principal.how, principal.client


def _digest(arguments: Mapping[str, Any]) -> bytes:
    meant = {name: value for name, value in arguments.items() if name != IDEMPOTENCY_KEY}
    return hashlib.sha256(orjson.dumps(meant, option=orjson.OPT_SORT_KEYS)).digest()


def _size(outcome: Outcome) -> int:
    return sum(map(size_of, outcome.content))
