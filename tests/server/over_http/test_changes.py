"""How clients hear that a list has changed."""

import gc
from typing import Any

import pytest

from hub.server.changes import Changes

ALL = {"toolsListChanged": True, "promptsListChanged": True, "resourcesListChanged": True}


async def test_a_listener_of_2026_hears_what_it_asked_for(fake_hub: Any, served: Any, modern_request: Any) -> None:
    message, headers = modern_request("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
    async with served(fake_hub) as wire, wire.stream(message, headers) as (status, events):
        assert status == 200
        acknowledged = await events.message()
        assert acknowledged["params"]["notifications"] == {"toolsListChanged": True}
        fake_hub.change("prompts")
        fake_hub.change("tools")
        assert (await events.message())["method"] == "notifications/tools/list_changed"


async def test_a_session_hears_it_on_its_stream(fake_hub: Any, served: Any) -> None:
    async with served(fake_hub) as wire:
        session = await wire.initialize()
        async with wire.stream(None, session, verb="GET") as (_, events):
            fake_hub.change("tools", "prompts", "resources")
            heard = {(await events.message())["method"] for _ in range(3)}
    assert heard == {f"notifications/{kind}/list_changed" for kind in ("tools", "prompts", "resources")}


async def test_a_resource_uri_is_not_subscribed_whoever_asks(
    keyed_hub: Any, served: Any, modern_request: Any
) -> None:
    wanted = {**ALL, "resourceSubscriptions": ["bench://note/7"]}
    message, headers = modern_request("subscriptions/listen", {"notifications": wanted})
    async with served(keyed_hub) as wire:
        discovered = await wire.ask("server/discover", headers={"X-API-Key": "reader-key"})
        assert discovered.json["result"]["capabilities"]["resources"] == {"subscribe": False, "listChanged": True}
        async with wire.stream(message, {**headers, "X-API-Key": "reader-key"}) as (_, events):
            assert (await events.message())["params"]["notifications"] == ALL


async def test_a_session_that_ended_is_not_kept(
    fake_hub: Any, served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:

    made: list[Changes] = []
    real = Changes.__init__

    def remember(self: Changes, hub: Any) -> None:
        real(self, hub)
        made.append(self)

    monkeypatch.setattr(Changes, "__init__", remember)
    async with served(fake_hub) as wire:
        session = await wire.initialize()
        (changes,) = made
        assert len(changes._sessions) == 1
        await wire.send(b"", session, verb="DELETE")
        gc.collect()
        assert len(changes._sessions) == 0
        fake_hub.change("tools")
    assert fake_hub.listeners == []


async def test_a_session_that_reads_nothing_holds_up_nobody(fake_hub: Any, served: Any) -> None:
    async with served(fake_hub) as wire:
        await wire.initialize()
        listening = await wire.initialize()
        async with wire.stream(None, listening, verb="GET") as (_, events):
            for _ in range(300):
                fake_hub.change("tools")
            assert (await events.message())["method"] == "notifications/tools/list_changed"
