"""The integration hub: one MCP server in front of many SaaS tools."""

__version__ = "0.1.0"
