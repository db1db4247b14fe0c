"""How clients hear that a list has changed."""

import gc
from typing import Any

import pytest

from hub.server import watching
from hub.server.changes import Changes


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


async def test_a_listener_hears_of_the_resources_it_may_read(
    keyed_hub: Any, served: Any, modern_request: Any
) -> None:
    wanted = {"resourceSubscriptions": ["bench://note/7", "bench://nowhere", "bench://note/7"]}
    message, headers = modern_request("subscriptions/listen", {"notifications": wanted})
    async with served(keyed_hub) as wire:
        analyst, reader = ({**headers, "X-API-Key": f"{who}-key"} for who in ("analyst", "reader"))
        discovered = await wire.ask("server/discover", headers={"X-API-Key": "analyst-key"})
        assert discovered.json["result"]["capabilities"]["resources"] == {"subscribe": True, "listChanged": True}
        async with wire.stream(message, analyst) as (_, events), wire.stream(message, reader) as (_, others):
            assert (await events.message())["params"]["notifications"] == {
                "resourceSubscriptions": ["bench://note/7"]
            }
            assert (await others.message())["params"]["notifications"] == {}
            await wire.ask("tools/call", {"name": "bench_mend", "arguments": {}}, {"X-API-Key": "analyst-key"})
            told = await events.message()
    assert (told["method"], told["params"]["uri"]) == ("notifications/resources/updated", "bench://note/7")


async def test_a_session_hears_of_the_resources_it_subscribed_to(fake_hub: Any, served: Any) -> None:
    def request(number: int, method: str, params: Any) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}

    mend = request(9, "tools/call", {"name": "bench_mend", "arguments": {}})
    async with served(fake_hub) as wire:
        session = await wire.initialize()
        async with wire.stream(None, session, verb="GET") as (_, events):
            subscribed = await wire.send(request(1, "resources/subscribe", {"uri": "bench://note/7"}), session)
            assert subscribed.json["result"] == {}
            await wire.send(mend, session)
            told = await events.message()
            assert (told["method"], told["params"]["uri"]) == ("notifications/resources/updated", "bench://note/7")
            await wire.send(request(2, "resources/unsubscribe", {"uri": "bench://note/7"}), session)
            await wire.send(mend, session)
            fake_hub.change("tools")
            assert (await events.message())["method"] == "notifications/tools/list_changed"


async def test_a_resource_the_caller_cannot_read_cannot_be_watched(keyed_hub: Any, served: Any) -> None:
    def subscribe(uri: str) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": 1, "method": "resources/subscribe", "params": {"uri": uri}}

    async with served(keyed_hub) as wire:
        reader = await wire.initialize({"X-API-Key": "reader-key"})
        hidden = await wire.send(subscribe("bench://note/7"), reader)
        analyst = await wire.initialize({"X-API-Key": "analyst-key"})
        missing = await wire.send(subscribe("bench://nowhere"), analyst)
    assert hidden.json["error"]["message"] == missing.json["error"]["message"] == "There is no such resource"


async def test_what_a_session_watches_is_bounded(
    fake_hub: Any, served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "MOST_WATCHED", 2)
    async with served(fake_hub) as wire:
        session = await wire.initialize()
        answers = [
            await wire.send(
                {
                    "jsonrpc": "2.0",
                    "id": n,
                    "method": "resources/subscribe",
                    "params": {"uri": f"bench://note/{n}"},
                },
                session,
            )
            for n in (1, 2, 3)
        ]
    assert ["error" in answer.json for answer in answers] == [False, False, True]


async def test_who_may_read_a_resource_is_asked_again_when_it_changes(
    keyed_hub: Any, served: Any, modern_request: Any
) -> None:
    wanted = {"resourceSubscriptions": ["bench://note/7"], "toolsListChanged": True}
    message, headers = modern_request("subscriptions/listen", {"notifications": wanted})
    key = {"X-API-Key": "analyst-key"}
    async with served(keyed_hub) as wire, wire.stream(message, {**headers, **key}) as (_, events):
        await events.message()
        keyed_hub.hide_resources = True
        await wire.ask("tools/call", {"name": "bench_mend", "arguments": {}}, key)
        keyed_hub.change("tools")
        assert (await events.message())["method"] == "notifications/tools/list_changed"


async def test_a_session_that_ended_is_not_kept(
    fake_hub: Any, served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:

    made: list[Changes] = []
    real = Changes.__init__

    def remember(self: Changes, hub: Any, who: Any) -> None:
        real(self, hub, who)
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
