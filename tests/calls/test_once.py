"""A write with an idempotency key: done once, answered the same, and given back where nothing was done."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.access.principal import Principal
from hub.calls import once as stage
from hub.calls.once import KEEP_SECONDS, Once
from hub.calls.types import INPUT_REQUIRED, Call, Outcome
from hub.catalog.build import build_items
from hub.catalog.items import ToolItem
from hub.config.models import ConnectorTable
from hub.errors import CallError, DeadlineExceeded, InvalidArguments, InvalidRequest, OutcomeUnknown, QuotaExceeded
from hub.http.exchange import Exchange
from hub.plugin import Connector, ConnectorContext, ConnectorSettings, tool
from hub.results.content import Text


class Desk(Connector[ConnectorSettings]):
    """Only here to have tools."""

    @tool(writes=True)
    async def create(self, title: Annotated[str, "Title"]) -> str:
        """Create."""
        return title

    @tool(writes=True, idempotent=True)
    async def close(self, title: Annotated[str, "Title"]) -> str:
        """Close."""
        return title

    @tool(writes=True)
    async def pay(
        self, amount: Annotated[int, "How much"], idempotency_key: Annotated[str, "The service's own"] = ""
    ) -> str:
        """Pay; the service has keys of its own."""
        return f"{amount} {idempotency_key}"

    @tool()
    async def find(self, text: Annotated[str, "Words"]) -> str:
        """Find."""
        return text


def _no_service(service: Any) -> Any:
    raise AssertionError(service)


ITEMS: dict[str, ToolItem] = {
    item.name: item
    for item in build_items(
        Desk(ConnectorSettings(), ConnectorContext(namespace="desk", open_service=_no_service)),
        ConnectorTable(read_only=False),
    ).items
    if isinstance(item, ToolItem)
}
CREATE = ITEMS["desk_create"]


class Service:
    """What a first call does, and how often it was done."""

    def __init__(self, once: Once) -> None:
        self.once = once
        self.done = 0
        self.numbers = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def call(
        self,
        key: str = "k",
        arguments: Mapping[str, Any] | None = None,
        *,
        client: str = "a",
        item: ToolItem = CREATE,
        error: str | None = None,
        requests: int = 1,
        writes: int = 1,
        text: str = "",
        seconds: float = 30.0,
    ) -> str:
        """Call; gives `first …`, or `again …` with the id of the first call."""
        self.numbers += 1
        call = Call(
            id=f"c{self.numbers}",
            kind="tool",
            name=item.name,
            principal=Principal(client=client),
            transport="memory",
        )
        exchange = Exchange(deadline=asyncio.get_running_loop().time() + seconds)

        async def perform() -> Outcome:
            exchange.requests, exchange.writes = requests, writes
            await self.gate.wait()
            self.done += 1
            return Outcome(content=(Text(text or f"first {self.done}"),), error=error)

        async def repeat(outcome: Outcome, first: str) -> Outcome:
            assert not outcome.upstream
            (piece,) = outcome.content
            assert isinstance(piece, Text)
            return Outcome(content=(Text(f"again {piece.text} of {first}"),), error=outcome.error)

        given_arguments = {"title": "x", "idempotency_key": key} if arguments is None else arguments
        outcome = await self.once.run(call, item, key, given_arguments, exchange, perform, repeat)
        (piece,) = outcome.content
        assert isinstance(piece, Text)
        return f"{piece.text} ({outcome.error})" if outcome.error else piece.text


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(clock: Clock) -> Service:
    return Service(Once(clock))


def test_every_write_takes_a_key_and_no_other_tool_does() -> None:
    taking = {name for name, item in ITEMS.items() if "idempotency_key" in item.parameters.schema["properties"]}
    assert taking == {"desk_create", "desk_pay", "desk_close"}
    assert {name for name, item in ITEMS.items() if item.keyed} == {"desk_create", "desk_close"}
    assert "idempotency_key" not in CREATE.parameters.schema.get("required", ())


def test_a_connectors_own_parameter_of_that_name_is_left_to_it() -> None:
    bound = {"amount": 1, "idempotency_key": "mine"}
    assert stage.key_of(ITEMS["desk_pay"], bound) is None
    assert bound["idempotency_key"] == "mine"


async def test_the_same_write_is_done_once_and_answers_the_same(service: Service) -> None:
    assert [await service.call() for _ in range(3)] == ["first 1", "again first 1 of c1", "again first 1 of c1"]


async def test_another_key_another_tool_and_another_client_are_other_writes(service: Service) -> None:
    assert await service.call("k") == "first 1"
    assert await service.call("k2") == "first 2"
    assert await service.call("k", client="b") == "first 3"
    assert await service.call("k", item=ITEMS["desk_pay"]) == "first 4"


async def test_other_arguments_under_the_same_key_are_refused(service: Service) -> None:
    await service.call("k", {"title": "x", "idempotency_key": "k"})
    with pytest.raises(InvalidArguments, match="with other arguments") as refused:
        await service.call("k", {"title": "y", "idempotency_key": "k"})
    assert "nothing was done" in refused.value.hint
    assert service.done == 1


async def test_the_order_of_arguments_does_not_matter(service: Service) -> None:
    await service.call("k", {"a": 1, "b": {"c": 2, "d": 3}})
    assert (await service.call("k", {"b": {"d": 3, "c": 2}, "a": 1})).startswith("again")


async def test_a_repeat_waits_for_the_first(service: Service) -> None:
    service.gate.clear()
    calls = [asyncio.create_task(service.call()) for _ in range(20)]
    await asyncio.sleep(0)
    service.gate.set()
    assert await asyncio.gather(*calls) == ["first 1"] + ["again first 1 of c1"] * 19


async def test_a_repeat_does_not_wait_beyond_its_deadline(service: Service) -> None:
    service.gate.clear()
    first = asyncio.create_task(service.call())
    await asyncio.sleep(0)
    with pytest.raises(DeadlineExceeded, match="still being done"):
        await service.call(seconds=0.0)
    service.gate.set()
    assert await first == "first 1"


async def test_ten_minutes_after_it_ended_it_is_forgotten(service: Service, clock: Clock) -> None:
    await service.call()
    clock.now += KEEP_SECONDS - 1
    assert (await service.call()).startswith("again")
    clock.now += 1
    assert await service.call() == "first 2"
    assert len(service.once) == 1


@pytest.mark.parametrize(
    ("outcome", "kept"),
    [
        ({}, True),
        ({"requests": 0, "writes": 0}, True),  # done by other means than the guarded client
        ({"writes": 0}, False),  # a preview
        ({"error": OutcomeUnknown.code}, True),
        ({"error": OutcomeUnknown.code, "writes": 0}, True),
        ({"error": "service_unavailable"}, True),
        ({"error": InvalidRequest.code, "writes": 0}, False),
        ({"error": "connector_error", "requests": 0, "writes": 0}, False),
        ({"error": INPUT_REQUIRED, "writes": 0}, False),
    ],
)
async def test_only_what_certainly_changed_nothing_is_done_again(
    service: Service, outcome: dict[str, Any], kept: bool
) -> None:
    first = await service.call(**outcome)
    second = await service.call(**outcome)
    assert second.startswith("again") is kept
    if kept:
        assert first.removeprefix("first ") in second.replace(" of c1", "")


async def test_who_waits_for_a_call_that_changed_nothing_does_it_itself(service: Service) -> None:
    service.gate.clear()
    calls = [asyncio.create_task(service.call(error="invalid_request", writes=0)) for _ in range(3)]
    await asyncio.sleep(0)
    service.gate.set()
    assert [text.partition(" (")[0] for text in await asyncio.gather(*calls)] == ["first 1", "first 2", "first 3"]


@pytest.mark.parametrize(("writes", "again"), [(1, "outcome_unknown"), (0, "")])
async def test_a_cancelled_write_stays_unknown_once_it_was_sent(service: Service, writes: int, again: str) -> None:
    service.gate.clear()
    first = asyncio.create_task(service.call(writes=writes))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    service.gate.set()
    text = await service.call(writes=writes)
    assert again in text
    assert service.done == (0 if again else 1)


@pytest.mark.parametrize("key", ["", "k" * 201])
async def test_a_key_that_is_none_is_refused(service: Service, key: str) -> None:
    with pytest.raises(InvalidArguments, match="1 to 200 characters"):
        await service.call(key)


async def test_a_client_with_too_many_keys_is_refused_and_takes_none_from_others(
    service: Service, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "MAX_KEYS_EACH", 3)
    for number in range(3):
        await service.call(f"k{number}")
        clock.now += 1
    with pytest.raises(QuotaExceeded) as refused:
        await service.call("k3")
    assert refused.value.retry_after == KEEP_SECONDS - 3
    assert await service.call("k3", client="b") == "first 4"
    assert (await service.call("k0")).startswith("again")
    clock.now += KEEP_SECONDS
    assert await service.call("k3") == "first 5"


async def test_old_answers_make_room_and_their_writes_are_still_not_repeated(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "MAX_HELD", 1000)
    for number in range(5):
        await service.call(f"k{number}", text="x" * 400)
    assert await service.call("k0") == (
        "again desk_create was done under this idempotency_key; its answer is no longer kept of c1"
    )
    assert "x" * 400 in await service.call("k4")
    assert service.once._held <= 1000


steps = st.lists(
    st.tuples(
        st.sampled_from(["k1", "k2"]),
        st.sampled_from(["x", "y"]),
        st.sampled_from([None, "invalid_request", "outcome_unknown"]),
        st.integers(0, 1),
        st.sampled_from([0.0, 100.0, 600.0]),
    ),
    max_size=30,
)


@settings(deadline=None)
@given(steps)
def test_it_agrees_with_a_naive_memory(steps: list[tuple[str, str, str | None, int, float]]) -> None:
    async def compare() -> None:
        clock = Clock()
        service = Service(Once(clock))
        memory: dict[str, tuple[str, float]] = {}
        for key, title, error, writes, wait in steps:
            clock.now += wait
            title_kept, until = memory.get(key, ("", -1.0))
            expected = "first" if until <= clock.now else "again" if title_kept == title else "refused"
            try:
                told = await service.call(key, {"title": title}, error=error, writes=writes)
            except CallError:
                told = "refused"
            assert told.split()[0] == expected
            if expected == "first" and (writes or error == "outcome_unknown"):
                memory[key] = (title, clock.now + KEEP_SECONDS)
        assert len(service.once) <= 2

    asyncio.run(compare())
