"""The test kit for connector authors: what is listed in `__all__` is the promise.

It needs pytest for the contract, and nothing beyond the hub for the rest.
"""

from hub.testing.contract import ConnectorContract
from hub.testing.faults import FaultServer, Received, fault_server, http_answer
from hub.testing.http import FastClock, Router, fast_clock, mock_services, no_escape
from hub.testing.hubs import Era, OpenHub, Reply, open_hub
from hub.testing.schemas import assert_tool_schemas
from hub.testing.service import Expectation, FakeService

__all__ = [
    "ConnectorContract",
    "Era",
    "Expectation",
    "FakeService",
    "FastClock",
    "FaultServer",
    "OpenHub",
    "Received",
    "Reply",
    "Router",
    "assert_tool_schemas",
    "fast_clock",
    "fault_server",
    "http_answer",
    "mock_services",
    "no_escape",
    "open_hub",
]
