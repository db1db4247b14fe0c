"""The same question gets the same answer over every transport, in both protocol eras, on the real hub."""

import asyncio
import contextlib
import json
import os
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from hub.hub import Hub
from hub.server.http import serve_http
from hub.server.stdio import serve_stdio

Ask = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]

CONNECTOR = '''
"""A connector for tests."""
from typing import Annotated

from hub.plugin import (
    Connector, ConnectorError, ConnectorSettings, ResourceLink, Result, Text,
    hookimpl, prompt, report_progress, resource, tool,
)

class Shelf(Connector[ConnectorSettings]):
    """A shelf."""

    @tool(title="Find")
    async def find(self, word: Annotated[str, "What to look for"], limit: Annotated[int, "How many"] = 3) -> str:
        """Find a book."""
        await report_progress(1, 2, "looked")
        return f"{limit} books about {word}"

    @tool(writes=True, destructive=True)
    def burn(self, word: Annotated[str, "Title"]) -> str:
        """Burn a book."""
        return "burnt"

    @tool()
    async def trip(self) -> str:
        """Fail unexpectedly."""
        raise RuntimeError("hunter2")

    @tool()
    async def refuse(self) -> str:
        """Fail as foreseen."""
        raise ConnectorError("The shelf is closed", hint="Come back")

    @tool()
    async def odd(self) -> str:
        """Give characters no reader should stumble over."""
        return "a\\udcff b\\x00 c\\u2028 d\\x1b[0m e\\r\\nf \\U0001f600"

    @tool()
    async def link(self) -> Result:
        """Give a link."""
        return Result((Text("see"), ResourceLink(uri="shelf://book/7", name="Book 7", description="A book")))

    @resource("shelf://book/{number}", complete={"number": lambda self, prefix: ["7", "77"]})
    async def book(self, number: str) -> str:
        """One book."""
        if number == "0":
            raise ConnectorError("There is no book 0")
        return f"Book {number}"

    @resource("shelf://all")
    async def all(self) -> str:
        """All books."""
        return "7"

    @prompt()
    async def praise(self, book: Annotated[str, "Title"]) -> str:
        """Praise a book."""
        return f"Praise {book}."

@hookimpl
def hub_connector():
    return Shelf
'''

CONFIG = """
[server]
port = 0
sse = true
[connectors.shelf]
read_only = false
"""

QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("tools/list", {}),
    ("resources/list", {}),
    ("resources/templates/list", {}),
    ("prompts/list", {}),
    ("tools/list", {"cursor": "nonsense"}),
    ("tools/call", {"name": "shelf_find", "arguments": {"word": "owls ✓"}}),
    ("tools/call", {"name": "shelf_find", "arguments": {"word": 5}}),
    ("tools/call", {"name": "shelf_find", "arguments": {"word": "owls", "limt": 2}}),
    ("tools/call", {"name": "shelf_find"}),
    ("tools/call", {"name": "shelf_burn", "arguments": {"word": "x"}}),
    ("tools/call", {"name": "shelf_trip", "arguments": {}}),
    ("tools/call", {"name": "shelf_refuse", "arguments": {}}),
    ("tools/call", {"name": "shelf_odd", "arguments": {}}),
    ("tools/call", {"name": "shelf_link", "arguments": {}}),
    ("tools/call", {"name": "shelf_nothing", "arguments": {}}),
    ("tools/call", {"arguments": {}}),
    ("tools/call", {"name": "shelf_find", "arguments": []}),
    ("tools/call", {"name": "shelf_find", "arguments": None}),
    ("resources/read", {"uri": "shelf://book/7"}),
    ("resources/read", {"uri": "shelf://all"}),
    ("resources/read", {"uri": "shelf://book/0"}),
    ("resources/read", {"uri": "shelf://nothing/7"}),
    ("resources/read", {"uri": "no uri"}),
    ("resources/read", {"uri": "shelf://book/" + "7" * 9000}),
    ("prompts/get", {"name": "shelf_praise", "arguments": {"book": "7"}}),
    ("prompts/get", {"name": "shelf_praise"}),
    ("prompts/get", {"name": "shelf_nothing"}),
    (
        "completion/complete",
        {
            "ref": {"type": "ref/resource", "uri": "shelf://book/{number}"},
            "argument": {"name": "number", "value": "7"},
        },
    ),
    (
        "completion/complete",
        {"ref": {"type": "ref/prompt", "name": "shelf_nothing"}, "argument": {"name": "book", "value": ""}},
    ),
    ("nothing/here", {}),
]

ENVELOPE: dict[str, Any] = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
HELLO: dict[str, Any] = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "test", "version": "1"},
}
CALL_ID = re.compile(r"\b[0-9a-f]{32}\b")
ONE_ERA_ONLY = {"resultType", "ttlMs", "cacheScope"}


def request(number: int, method: str, params: dict[str, Any], *, modern: bool, progress: bool = False) -> Any:
    meta = {**(ENVELOPE if modern else {}), **({"progressToken": number} if progress else {})}
    given = {**params, "_meta": meta} if meta else params
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": given}


async def initialize(tell: Callable[[Any], Awaitable[None]], hear: Callable[[], Awaitable[Any]]) -> None:
    await tell(request(0, "initialize", HELLO, modern=False))
    assert (await hear())["id"] == 0
    await tell({"jsonrpc": "2.0", "method": "notifications/initialized"})


@contextlib.asynccontextmanager
async def over_http(hub: Hub, wire_to: Any, *, modern: bool, progress: bool = False) -> AsyncGenerator[Ask]:
    async with serve_http(hub) as address:
        wire = wire_to(address)
        session: dict[str, str] = {} if modern else await wire.initialize()
        ids = count(1)

        async def ask(method: str, params: dict[str, Any]) -> Any:
            message = request(next(ids), method, params, modern=modern, progress=progress)
            headers = dict(session)
            if modern:
                headers = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method}
                if name := params.get("name") or params.get("uri"):
                    headers["Mcp-Name"] = name
            answer = await wire.send(message, headers)
            if answer.headers["content-type"] == "application/json":
                return answer.json
            return json.loads(answer.body.rpartition(b"data: ")[2])

        yield ask


@contextlib.asynccontextmanager
async def over_sse(hub: Hub, wire_to: Any, *, modern: bool) -> AsyncGenerator[Ask]:
    async with serve_http(hub) as address:
        wire = wire_to(address)
        async with wire.stream(None, {}, verb="GET", path="/sse") as (_, events):
            path = await events.next()
            ids = count(1)

            async def tell(message: Any) -> None:
                assert (await wire.send(message, path=path)).status == 202

            async def ask(method: str, params: dict[str, Any]) -> Any:
                await tell(request(next(ids), method, params, modern=modern))
                return await events.message()

            if not modern:
                await initialize(tell, events.message)
            yield ask


@contextlib.asynccontextmanager
async def over_stdio(hub: Hub, _: Any, *, modern: bool) -> AsyncGenerator[Ask]:
    from_client, to_server = os.pipe()
    from_server, to_client = os.pipe()
    reader = asyncio.StreamReader(limit=2**24)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(from_server, "rb")
    )
    serving = asyncio.create_task(serve_stdio(hub, from_client, to_client, asyncio.Event()))

    async def tell(message: Any) -> None:
        os.write(to_server, json.dumps(message).encode() + b"\n")

    async def hear() -> Any:
        return json.loads(await reader.readline())

    ids = count(1)

    async def ask(method: str, params: dict[str, Any]) -> Any:
        # An id is never used again, as the specification has it: the answer may arrive before its place is free.
        await tell(request(next(ids), method, params, modern=modern))
        return await hear()

    try:
        if not modern:
            await initialize(tell, hear)
        yield ask
    finally:
        os.close(to_server)
        await serving
        os.close(to_client)
        os.close(from_client)
        transport.close()


def plain(answer: dict[str, Any]) -> Any:
    """What both eras say: without what only 2026-07-28 has, and without the call's own id."""
    answer = json.loads(CALL_ID.sub("CALL", json.dumps(answer)))
    if "error" in answer:
        return {"error": answer["error"]}
    result = {key: value for key, value in answer["result"].items() if key not in ONE_ERA_ONLY}
    meta = {key: value for key, value in result.pop("_meta", {}).items() if not key.startswith("io.")}
    return {"result": {**result, "_meta": meta} if meta else result}


@pytest.mark.parametrize(
    ("way", "options"),
    [
        (over_http, {"modern": False}),
        (over_http, {"modern": True, "progress": True}),
        (over_http, {"modern": False, "progress": True}),
        (over_sse, {"modern": True}),
        (over_sse, {"modern": False}),
        (over_stdio, {"modern": True}),
        (over_stdio, {"modern": False}),
    ],
    ids=lambda value: (
        value.__name__ if callable(value) else ",".join(name for name in value if value[name]) or "2025"
    ),
)
async def test_every_way_to_the_hub_gives_the_same_answers(
    install_connector: Any, write_config: Any, wire_to: Any, way: Any, options: dict[str, bool]
) -> None:
    install_connector("shelf", CONNECTOR)
    config: Path = write_config(CONFIG)
    async with Hub.open(config) as hub, over_http(hub, wire_to, modern=True) as ask:
        expected = [await ask(method, params) for method, params in QUESTIONS]
    async with Hub.open(config) as hub, way(hub, wire_to, **options) as ask:
        answers = [await ask(method, params) for method, params in QUESTIONS]
    for (method, params), answer, other in zip(QUESTIONS, answers, expected, strict=True):
        told = f"{method} {str(params)[:120]}"
        assert plain(answer) == plain(other), told
        assert ("result" in answer) != ("error" in answer), told
    assert "hunter2" not in str(answers)
