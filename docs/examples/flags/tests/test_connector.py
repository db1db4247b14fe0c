"""What the tools send, and what they make of each answer the service is known to give."""

import pytest
from hub.plugin import Secret
from hub.testing import FakeService, open_hub

URL = "https://flags.example.com/v1"
CONFIG = {"connectors": {"flags": {"url": URL, "api_token": Secret("canary-token"), "read_only": False}}}
FLAG = {"key": "dark-mode", "on": True, "percent": 50, "changed_by": "maya", "changed": "2026-01-31"}


async def test_flags_come_as_a_table() -> None:
    async with open_hub(CONFIG) as hub:
        with FakeService(URL) as service:
            service.expect("GET", "/flags", query={"search": "dark"}).reply(json=[FLAG])
            reply = await hub.call("flags_list_flags", search="dark")
    assert reply.text.splitlines()[-1].split("\t") == ["dark-mode", "true", "50", "maya", "2026-01-31"]


async def test_switching_sends_the_wish_once_and_tells_what_came_of_it() -> None:
    async with open_hub(CONFIG) as hub:
        with FakeService(URL) as service:
            service.expect("PUT", "/flags/dark-mode", json={"on": True}).reply(json=FLAG)
            reply = await hub.call("flags_switch_flag", key="dark-mode", on=True)
    assert reply.text == "dark-mode is on for 50 % of users"


async def test_a_flag_is_read_as_a_resource() -> None:
    async with open_hub(CONFIG) as hub:
        with FakeService(URL) as service:
            service.expect("GET", "/flags/dark-mode").reply(json=FLAG)
            reply = await hub.read("flags://flag/dark-mode")
    assert "percent: 50" in reply.text


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, "invalid_request"),
        (401, "authentication_failed"),
        (403, "permission_denied"),
        (404, "not_found"),
        (409, "invalid_request"),
        (429, "rate_limited"),
        (500, "service_unavailable"),
    ],
)
async def test_each_documented_status_is_an_error_of_its_own(status: int, error: str) -> None:
    async with open_hub(CONFIG) as hub:
        with FakeService(URL) as service:
            service.expect("PUT", "/flags/dark-mode").reply(status).repeatedly()
            reply = await hub.call("flags_switch_flag", key="dark-mode", on=True)
    assert reply.error == error


async def test_the_sandbox_remembers_what_was_switched_and_knows_its_flags() -> None:
    async with open_hub({"connectors": {"flags": {"sandbox": True, "read_only": False}}}) as hub:
        switched = await hub.call("flags_switch_flag", key="dark-mode", on=True)
        assert switched.text.endswith("dark-mode is on for 100 % of users")
        assert "changed_by: hub" in (await hub.read("flags://flag/dark-mode")).text
        unknown = await hub.call("flags_switch_flag", key="no-such-flag", on=True)
    assert unknown.error == "not_found"
