"""The yardstick: a bare low-level server of the MCP SDK that makes the same GET with the same client."""

import asyncio
import sys
from typing import Any

import mcp_types as t
from mcp.server.lowlevel import Server

INPUT_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["query"],
    "properties": {
        "query": {"type": "string", "description": "What to look for"},
        "limit": {"type": "integer", "description": "How many rows at most", "default": 20},
    },
}
TOOLS = [
    t.Tool(
        name=name,
        title=name.replace("_", " ").capitalize(),
        description="Fetch 2 KB from the service and give it as it is.",
        input_schema=INPUT_SCHEMA,
        annotations=t.ToolAnnotations(read_only_hint=True, open_world_hint=True),
    )
    for name in ["bench_fetch", *(f"bench_filler_{number}" for number in range(199))]
]


def make_server(url: str) -> Server[Any]:
    client: Any = None

    async def list_tools(_: Any, __: t.PaginatedRequestParams | None) -> t.ListToolsResult:
        return t.ListToolsResult(tools=TOOLS, ttl_ms=60_000, cache_scope="public")

    async def call_tool(_: Any, params: t.CallToolRequestParams) -> t.CallToolResult:
        nonlocal client
        if client is None:
            from hub.connector.service import Service
            from hub.http.client import ServiceClient

            client = ServiceClient(Service(base_url=url))
        arguments = params.arguments or {}
        answer = await client.get(
            "/rows", params={"query": arguments["query"], "limit": arguments.get("limit", 20)}
        )
        return t.CallToolResult(content=[t.TextContent(type="text", text=answer.text)])

    schemas = {tool.name: tool.input_schema for tool in TOOLS}
    return Server(
        "bare",
        version="1",
        get_tool_input_schema=schemas.get,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


async def serve_stdio(url: str) -> None:
    from mcp.server.stdio import stdio_server

    server = make_server(url)
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def serve_http(url: str, port: int) -> None:
    import uvicorn

    app = make_server(url).streamable_http_app(json_response=True)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    if sys.argv[1] == "stdio":
        asyncio.run(serve_stdio(sys.argv[2]))
    else:
        serve_http(sys.argv[2], int(sys.argv[3]))
