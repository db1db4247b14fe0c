"""The MCP face: handlers on the SDK's low-level server, over HTTP, stdio and the old SSE transport."""
