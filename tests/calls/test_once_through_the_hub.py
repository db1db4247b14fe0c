"""Idempotency keys through a whole hub: what reaches the service, what the log says, and a reload in between."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import uuid4

import pytest

from hub.access.principal import LOCAL
from hub.audit.reader import tail
from hub.audit.records import log_file
from hub.calls.types import Call, Outcome
from hub.hub import Hub
from hub.results.content import Text
from hub.testing.faults import FaultServer, Received, fault_server, http_answer

InstallConnector = Callable[..., Path]
WriteConfig = Callable[[str], Path]

DESK = '''
from typing import Annotated

from hub.plugin import Connector, ConnectorSettings, hookimpl, tool

class DeskSettings(ConnectorSettings):
    url: str

class Desk(Connector[DeskSettings]):
    title = "Desk"

    @tool(writes=True, scopes=["tickets:write"], cost=2)
    async def create(
        self, title: Annotated[str, "Title"], assign: Annotated[bool, "To whoever asks"] = False
    ) -> str:
        """Create a ticket."""
        created = await self.http.post("/tickets", json={"title": title})
        if assign:
            await self.http.post("/assign", json={})
        return created.text

@hookimpl
def hub_connector():
    return Desk
'''


class Tickets:
    """The service: answers each path with the next of its statuses; None breaks the connection."""

    def __init__(self, **statuses: Sequence[int | None]) -> None:
        self._statuses = {f"/{name}": list(values) for name, values in statuses.items()}
        self._made = 0
        self.hold = asyncio.Event()
        self.hold.set()

    async def __call__(self, request: Received, _: object) -> bytes | None:
        await self.hold.wait()
        left = self._statuses.get(request.target)
        status = left.pop(0) if left else 201
        if status is None:
            return None
        self._made += status < 300
        return http_answer(f"ticket {self._made}".encode(), status=status, headers={"content-type": "text/plain"})


@pytest.fixture
def config(install_connector: InstallConnector, write_config: WriteConfig) -> Callable[[FaultServer], Path]:
    install_connector("desk", DESK)
    return lambda server: write_config(f'[connectors.desk]\nurl = "{server.url}"\nread_only = false\n')


async def create(hub: Hub, key: str | None = "k", **arguments: object) -> Outcome:
    given = {"title": "x", **arguments} | ({} if key is None else {"idempotency_key": key})
    call = Call(
        id=uuid4().hex, kind="tool", name="desk_create", arguments=given, principal=LOCAL, transport="memory"
    )
    return await hub.call(call)


def text_of(outcome: Outcome) -> str:
    return "\n".join(piece.text for piece in outcome.content if isinstance(piece, Text))


async def test_a_repeat_reaches_nothing_and_is_recorded_as_one(
    config: Callable[[FaultServer], Path], tmp_path: Path
) -> None:
    async with fault_server(Tickets()) as server, Hub.open(config(server)) as hub:
        first, second = [await create(hub) for _ in range(2)]
        await hub.reload()
        third = await create(hub)
        without = [text_of(await create(hub, None)) for _ in range(2)]
    assert [text_of(first), text_of(second), text_of(third)] == ["ticket 1"] * 3
    assert without == ["ticket 2", "ticket 3"]
    assert len(server.requests) == 3
    entries = [entry for entry in tail(log_file(tmp_path / ".hub"), 10) if entry.name == "desk_create"]
    told = [(entry.outcome, entry.requests, *entry.notes) for entry in entries]
    assert told[:3] == [
        ("ok", 1),
        ("ok", 0, f"repeat of {entries[0].call}"),
        ("ok", 0, f"repeat of {entries[0].call}"),
    ]


async def test_the_service_never_sees_the_key(config: Callable[[FaultServer], Path]) -> None:
    async with fault_server(Tickets()) as server, Hub.open(config(server)) as hub:
        await create(hub, "canary-KEY")
    (request,) = server.requests
    assert b"canary-KEY" not in request.body
    assert "canary-KEY" not in str(request)


async def test_a_refused_write_can_be_repeated_under_its_key(config: Callable[[FaultServer], Path]) -> None:
    async with fault_server(Tickets(tickets=[400, 201])) as server, Hub.open(config(server)) as hub:
        assert (await create(hub)).error == "invalid_request"
        assert text_of(await create(hub)) == "ticket 1"


@pytest.mark.parametrize(
    ("status", "error"), [(None, "outcome_unknown"), (504, "outcome_unknown"), (500, "service_unavailable")]
)
async def test_a_write_that_may_have_happened_is_not_sent_again(
    config: Callable[[FaultServer], Path], status: int | None, error: str
) -> None:
    async with fault_server(Tickets(tickets=[status])) as server, Hub.open(config(server)) as hub:
        first, second = [await create(hub) for _ in range(2)]
        assert (await create(hub, "another")).ok
    assert first.error == second.error == error
    assert text_of(first) == text_of(second)
    assert len(server.requests) == 2


async def test_a_write_whose_second_part_was_refused_is_not_begun_again(
    config: Callable[[FaultServer], Path],
) -> None:
    async with fault_server(Tickets(assign=[400])) as server, Hub.open(config(server)) as hub:
        outcomes = [await create(hub, assign=True) for _ in range(2)]
    assert [outcome.error for outcome in outcomes] == ["invalid_request"] * 2
    assert [request.target for request in server.requests] == ["/tickets", "/assign"]


async def test_a_cancelled_write_is_answered_as_unknown_and_not_sent_again(
    config: Callable[[FaultServer], Path],
) -> None:
    tickets = Tickets()
    tickets.hold.clear()
    async with fault_server(tickets) as server, Hub.open(config(server)) as hub:
        call = asyncio.create_task(create(hub))
        await server.received(1)
        call.cancel()
        await asyncio.wait({call})
        tickets.hold.set()
        assert (await create(hub)).error == "outcome_unknown"
    assert len(server.requests) == 1


async def test_other_arguments_under_the_same_key_are_refused_and_recorded(
    config: Callable[[FaultServer], Path], tmp_path: Path
) -> None:
    async with fault_server(Tickets()) as server, Hub.open(config(server)) as hub:
        await create(hub)
        refused = await create(hub, title="y")
    assert refused.error == "invalid_arguments"
    assert len(server.requests) == 1
    assert tail(log_file(tmp_path / ".hub"), 1)[0].outcome == "invalid_arguments"


async def test_a_denied_permission_names_the_scopes_of_the_tool(config: Callable[[FaultServer], Path]) -> None:
    async with fault_server(Tickets(tickets=[403])) as server, Hub.open(config(server)) as hub:
        text = text_of(await create(hub))
    assert text.endswith("desk_create needs tickets:write")


async def test_a_connectors_quota_counts_what_its_tools_declare(
    config: Callable[[FaultServer], Path], tmp_path: Path
) -> None:
    async with fault_server(Tickets()) as server:
        path = config(server)
        path.write_text(path.read_text() + '\n[limits.connectors]\ndesk = "5/hour"\n')
        async with Hub.open(path) as hub:
            errors = [(await create(hub, None)).error for _ in range(3)]
    assert errors == [None, None, "quota_exceeded"]
