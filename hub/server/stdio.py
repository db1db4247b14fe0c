"""Serves MCP over standard input and output, in the era the client opens with."""

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import ServerMessageMetadata, SessionMessage
from mcp_types import INVALID_REQUEST, JSONRPCError, JSONRPCResponse, jsonrpc_message_adapter
from pydantic import ValidationError

from hub.access.principal import LOCAL
from hub.server.identity import Caller
from hub.server.lines import LineReader, LineWriter, TooLong
from hub.server.messages import BadMessage, read_head
from hub.server.server import HubServer
from hub.server.signals import reloader, signal_handlers
from hub.server.unanswered import Unanswered, unanswered_of_one_client

if TYPE_CHECKING:
    from hub.hub import Hub

CLOSE_SECONDS = 2.0
"""Time for calls that are cut off to say so to the client."""


async def run_stdio(hub: "Hub", read: int, write: int) -> None:
    """Serve until standard input ends or SIGTERM or SIGINT comes; calls in flight get to answer.

    SIGHUP reads hub.toml again.

    Args:
        hub: What is served.
        read: Descriptor of the client's messages; see `hub.server.lines.claimed_stdio`.
        write: Descriptor of the answers.
    """
    stop = asyncio.Event()
    with signal_handlers({"SIGTERM": stop.set, "SIGINT": stop.set, "SIGHUP": reloader(hub)}):
        await serve_stdio(hub, read, write, stop)


async def serve_stdio(hub: "Hub", read: int, write: int, stop: asyncio.Event) -> None:
    """Serve until the input ends or `stop` is set; calls in flight get `[server] drain` seconds to answer.

    Args:
        hub: What is served.
        read: Descriptor of the client's messages, one on each line.
        write: Descriptor of the answers.
        stop: Ends it.
    """
    server = HubServer(hub, fallback=Caller(LOCAL, "stdio"))
    settings = server.settings
    unanswered = unanswered_of_one_client(settings)
    to_server, from_client = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    to_client, from_server = anyio.create_memory_object_stream[SessionMessage](0)
    connection = Connection(LineWriter(write), to_server, unanswered)
    serving = asyncio.create_task(server.run(from_client, to_client, server.create_initialization_options()))
    answering = asyncio.create_task(connection.answer(from_server))
    reading = asyncio.create_task(connection.read(LineReader(read, settings.max_request_bytes)))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({reading, stopping, serving, answering}, return_when=asyncio.FIRST_COMPLETED)
        reading.cancel()
        server.changes.end_streams()
        if not answering.done():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(unanswered.none(), settings.drain)
    finally:
        server.changes.close()
        await _cancel(reading, stopping)
        to_server.close()
        await asyncio.wait({serving, answering}, timeout=CLOSE_SECONDS)
        await _cancel(serving, answering)
    for task in (reading, serving, answering):
        if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, OSError):
            raise error


async def _cancel(*tasks: "asyncio.Task[Any]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


class Connection:
    """The client's side: what it asked and what it was answered.

    Args:
        writer: Takes the answers.
        to_server: Takes the messages.
        unanswered: Once it has no room, nothing more is read.
    """

    def __init__(
        self,
        writer: LineWriter,
        to_server: MemoryObjectSendStream[SessionMessage | Exception],
        unanswered: Unanswered,
    ) -> None:
        self._writer = writer
        self._to_server = to_server
        self._unanswered = unanswered

    async def read(self, lines: LineReader) -> None:
        """Pass messages on, one after the other, until the input ends."""
        async for line in lines:
            try:
                await self._pass_on(line)
            except BadMessage as error:
                failure = {"code": error.code, "message": str(error)}
                body = {"jsonrpc": "2.0", "id": None, "error": failure}
                await self._writer.write(json.dumps(body, separators=(",", ":")).encode())

    async def answer(self, messages: MemoryObjectReceiveStream[SessionMessage]) -> None:
        """Write answers and notifications until the server ends or nobody reads any more."""
        async with messages:
            async for sent in messages:
                message = sent.message
                await self._writer.write(message.model_dump_json(by_alias=True, exclude_unset=True).encode())
                if isinstance(message, JSONRPCResponse | JSONRPCError) and message.id is not None:
                    self._unanswered.settle(message.id)

    async def _pass_on(self, line: bytes | TooLong) -> None:
        if isinstance(line, TooLong):
            raise BadMessage(INVALID_REQUEST, "The message is longer than [server] max_request_bytes allows")
        if not line.strip():
            return
        head = read_head(line)
        request = head.id if head.is_request else None
        if request is not None and request in self._unanswered:
            # The answer must not carry the id: it would be taken for that of the request in flight.
            raise BadMessage(INVALID_REQUEST, f"A request with the id {request} is still being answered")
        try:
            message = jsonrpc_message_adapter.validate_json(line, by_name=False)
        except ValidationError:
            raise BadMessage(INVALID_REQUEST, "The message is not a JSON-RPC message") from None
        if request is not None:
            await self._unanswered.room(len(line))
            self._unanswered.add(head, len(line))

        async def never_answered() -> None:
            if request is not None:
                self._unanswered.settle(request)

        metadata = ServerMessageMetadata(on_request_unanswered=never_answered)
        await self._to_server.send(SessionMessage(message, metadata=metadata))
