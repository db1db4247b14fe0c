"""From the hub's own types to MCP's wire format, as plain dicts that cost no validation."""

from base64 import b64encode
from typing import Any

from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS

from hub.calls.types import Call, Outcome
from hub.errors import UnknownName
from hub.results.content import Audio, Content, Embedded, Image, ResourceLink, Text

CALL_FAILED = -32000
"""JSON-RPC code of a resource or prompt that could not be had; first of the range left to servers (2026-07-28)."""

SOURCE = "hub/source"
"""Key in a result's `_meta`: the connector whose service the content comes from, so that a client can mark it."""


def tool_result(outcome: Outcome) -> dict[str, Any]:
    """The `CallToolResult`: text once, never repeated as structured content.

    Raises:
        MCPError: No such tool is there for this caller.
    """
    if hidden := _hidden(outcome):
        raise hidden
    result: dict[str, Any] = {"content": [_block(item) for item in outcome.content], "isError": not outcome.ok}
    return {**result, "_meta": {SOURCE: outcome.source}} if outcome.source else result


def resource_result(call: Call, outcome: Outcome) -> dict[str, Any]:
    """The `ReadResourceResult`.

    Raises:
        MCPError: The resource is not there for this caller, or could not be read.
    """
    if outcome.error == UnknownName.code:
        raise MCPError(INVALID_PARAMS, text_of(outcome), {"uri": call.name})
    if failed := _failed(outcome):
        raise failed
    contents: list[dict[str, Any]] = []
    for item in outcome.content:
        match item:
            case Text():
                contents.append({"uri": call.name, "mimeType": outcome.mime_type, "text": item.text})
            case ResourceLink():
                contents.append({"uri": call.name, "mimeType": "text/plain", "text": f"{item.name}: {item.uri}"})
            case Image() | Audio():
                contents.append({"uri": call.name, "mimeType": item.mime_type, "blob": _base64(item.data)})
            case Embedded():
                contents.append(_embedded(item))
    return {"contents": contents}


def prompt_result(outcome: Outcome) -> dict[str, Any]:
    """The `GetPromptResult`: each piece of content is one message of the user.

    Raises:
        MCPError: The prompt is not there for this caller, or could not be made.
    """
    if failed := _failed(outcome):
        raise failed
    return {"messages": [{"role": "user", "content": _block(item)} for item in outcome.content]}


def text_of(outcome: Outcome) -> str:
    """The text of an outcome, for an error's message."""
    return "\n".join(item.text for item in outcome.content if isinstance(item, Text)) or "The call failed"


def _block(item: Content) -> dict[str, Any]:
    match item:
        case Text():
            return {"type": "text", "text": item.text}
        case ResourceLink():
            link = {"type": "resource_link", "uri": item.uri, "name": item.name, "mimeType": item.mime_type}
            return {**link, "description": item.description} if item.description else link
        case Image() | Audio():
            kind = "image" if isinstance(item, Image) else "audio"
            return {"type": kind, "data": _base64(item.data), "mimeType": item.mime_type}
        case Embedded():
            return {"type": "resource", "resource": _embedded(item)}


def _embedded(item: Embedded) -> dict[str, Any]:
    held = {"blob": _base64(item.data)} if item.data is not None else {"text": item.text or ""}
    return {"uri": item.uri, "mimeType": item.mime_type, **held}


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")


def _hidden(outcome: Outcome) -> MCPError | None:
    """The protocol's error for a name that is not there; a denied one must look no different."""
    if outcome.error == UnknownName.code:
        return MCPError(INVALID_PARAMS, text_of(outcome))
    return None


def _failed(outcome: Outcome) -> MCPError | None:
    if outcome.ok:
        return None
    if hidden := _hidden(outcome):
        return hidden
    data: dict[str, Any] = {"error": outcome.error}
    if outcome.retry_after is not None:
        data["retryAfter"] = outcome.retry_after
    code = INVALID_PARAMS if outcome.error == "invalid_arguments" else CALL_FAILED
    return MCPError(code, text_of(outcome), data)
