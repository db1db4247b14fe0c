"""The plain tools/call, answered without the SDK's layers of parsing and dumping, which cost more than the call.

Plain is a request that holds nothing but a tool's name, its arguments and, on 2026-07-28, an envelope the SDK has
found good, with headers that agree; nothing has to be sent before its answer. Whatever is not plain, right or
wrong, goes the SDK's way; for what is, the answers of both ways are equal (tests/server/over_http/test_both_ways.py
holds them against each other).
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import orjson
from mcp.shared.exceptions import MCPError
from mcp.shared.inbound import (
    ERROR_CODE_HTTP_STATUS,
    MCP_METHOD_HEADER,
    MCP_NAME_HEADER,
    MCP_PARAM_HEADER_PREFIX,
    MCP_PROTOCOL_VERSION_HEADER,
    InboundLadderRejection,
    classify_inbound_request,
    decode_header_value,
)
from mcp_types import PROTOCOL_VERSION_META_KEY, SERVER_INFO_META_KEY
from mcp_types.methods import validate_client_request
from pydantic import ValidationError

from hub.server.accept import accepts
from hub.server.guard import internal_error
from hub.server.messages import Head
from hub.server.refusals import Header

if TYPE_CHECKING:
    from hub.server.server import HubServer

_METHOD = "tools/call"
_ROUTING = {name.encode("ascii") for name in (MCP_PROTOCOL_VERSION_HEADER, MCP_METHOD_HEADER, MCP_NAME_HEADER)}
_PARAM = MCP_PARAM_HEADER_PREFIX.lower().encode("ascii")
_ENVELOPES = 256
_LARGEST_ENVELOPE = 4096


@dataclass(frozen=True, slots=True)
class PlainCall:
    """A tools/call as it can be run at once."""

    id: str | int
    name: str
    arguments: Mapping[str, Any]


class DirectCalls:
    """Recognizes plain calls and answers them.

    Args:
        server: Its handlers run the call.
    """

    def __init__(self, server: "HubServer") -> None:
        self._server = server
        self._good: OrderedDict[bytes, str] = OrderedDict()
        self._server_info = orjson.Fragment(orjson.dumps(server.server_info_stamp))

    def of_this_era(self, head: Head, headers: list[Header]) -> PlainCall | None:
        """The plain call of 2026-07-28 in a request; None for anything else."""
        call = _plain(head)
        if call is None or "_meta" not in head.params or self._server.header_schema(call.name) is not None:
            return None
        if head.wants_messages or self._server.asks(_METHOD, call.name):
            return None
        routing: dict[bytes, bytes] = {}
        for name, value in headers:
            if name in _ROUTING:
                if name in routing:
                    return None
                routing[name] = value
            elif name.startswith(_PARAM):
                return None
        version = self._version(head, headers)
        agreed = {
            MCP_PROTOCOL_VERSION_HEADER.encode("ascii"): version,
            MCP_METHOD_HEADER.encode("ascii"): _METHOD,
            MCP_NAME_HEADER.encode("ascii"): call.name,
        }
        if (
            version is None
            or not accepts(headers)[0]
            or any(_text(routing.get(name)) != value for name, value in agreed.items())
        ):
            return None
        return call

    def of_a_session(self, head: Head) -> PlainCall | None:
        """The plain call of 2025-11-25 and earlier in a request; None for anything else."""
        call = None if "_meta" in head.params else _plain(head)
        return None if call is None or self._server.asks(_METHOD, call.name) else call

    async def answer(self, call: PlainCall, *, in_session: bool = False) -> tuple[int, bytes]:
        """Run the call; gives the HTTP status and the JSON-RPC response."""
        try:
            result = await self._server.calls.run_tool(call.name, call.arguments)
        except MCPError as error:
            return self._failure(call, error, in_session=in_session)
        except Exception as error:  # noqa: BLE001  the boundary towards the client
            return self._failure(call, internal_error(_METHOD, error), in_session=in_session)
        if not in_session:
            meta = {**result.get("_meta", {}), SERVER_INFO_META_KEY: self._server_info}
            result = {**result, "resultType": "complete", "_meta": meta}
        return 200, orjson.dumps({"jsonrpc": "2.0", "id": call.id, "result": result})

    def _failure(self, call: PlainCall, failure: MCPError, *, in_session: bool) -> tuple[int, bytes]:
        error = failure.error.model_dump(mode="json", exclude_none=True)
        status = 200 if in_session else ERROR_CODE_HTTP_STATUS.get(failure.error.code, 200)
        return status, orjson.dumps({"jsonrpc": "2.0", "id": call.id, "error": error})

    def _version(self, head: Head, headers: list[Header]) -> str | None:
        """The version of an envelope the SDK finds good; None if it does not.

        Clients send the same envelope with every request, so those found good are remembered.
        """
        try:
            envelope = orjson.dumps(head.params["_meta"])
        except TypeError:
            return None
        if (known := self._good.get(envelope)) is not None:
            self._good.move_to_end(envelope)
            return known
        told = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
        if isinstance(classify_inbound_request(head.message, headers=told), InboundLadderRejection):
            return None
        version = str(head.params["_meta"][PROTOCOL_VERSION_META_KEY])
        try:
            validate_client_request(_METHOD, version, head.params)
        except (ValidationError, KeyError):
            return None
        if len(envelope) <= _LARGEST_ENVELOPE:
            self._good[envelope] = version
            if len(self._good) > _ENVELOPES:
                self._good.popitem(last=False)
        return version


def _text(header: bytes | None) -> str | None:
    """The value of a routing header as the SDK reads it."""
    return None if header is None else decode_header_value(header.decode("latin-1"))


def _plain(head: Head) -> PlainCall | None:
    if head.method != _METHOD or head.id is None or head.wants_progress:
        return None
    message, params = head.message, head.params
    if set(message) != {"jsonrpc", "id", "method", "params"} or message["jsonrpc"] != "2.0":
        return None
    name, arguments = params.get("name"), params.get("arguments", {})
    if (
        params.keys() - {"name", "arguments", "_meta"}
        or not isinstance(name, str)
        or not isinstance(arguments, dict)
    ):
        return None
    return PlainCall(head.id, name, cast("dict[str, Any]", arguments))
