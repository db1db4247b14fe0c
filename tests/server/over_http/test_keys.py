"""Who may call over HTTP."""

from typing import Any

import pytest

from hub.errors import StartError
from hub.server.sockets import bind


def key(value: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {value}"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        key(""),
        key("junk"),
        key("analyst-keyx"),
        {"Authorization": "Basic YW5hbHlzdC1rZXk="},
        {"Authorization": "analyst-key"},
        {"X-API-Key": "junk"},
        key("x" * 20_000),
    ],
)
async def test_without_a_good_key_nothing_happens(keyed_hub: Any, served: Any, headers: dict[str, str]) -> None:
    async with served(keyed_hub) as wire:
        for answer in (
            await wire.ask("tools/call", {"name": "bench_echo"}, headers),
            await wire.send({"jsonrpc": "2.0", "id": 1, "method": "initialize"}, headers),
            await wire.send(b"", headers, verb="GET"),
        ):
            assert answer.status == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")
    assert keyed_hub.calls == []


async def test_who_is_turned_away_stands_in_the_log_without_the_key(
    keyed_hub: Any, served: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "hub.server")
    async with served(keyed_hub) as wire:
        await wire.ask("tools/list", None, key("hunter2"))
        await wire.ask("tools/list", None, {**key("hunter2"), "Host": "evil.example"})
    told = [record.message for record in caplog.records if record.message.startswith("turned away 127.0.0.1")]
    assert [line.split()[3] for line in told] == ["401", "421"]
    assert "hunter2" not in caplog.text


async def test_a_key_in_the_url_is_never_looked_at(keyed_hub: Any, served: Any) -> None:
    async with served(keyed_hub) as wire:
        for query in ("?key=analyst-key", "?access_token=analyst-key", "?authorization=Bearer%20analyst-key"):
            answer = await wire.send({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, path=f"/mcp{query}")
            assert answer.status == 401


@pytest.mark.parametrize(
    "headers", [key("analyst-key"), {"X-API-Key": "analyst-key"}, {"authorization": "bearer analyst-key"}]
)
async def test_a_good_key_names_the_caller(keyed_hub: Any, served: Any, headers: dict[str, str]) -> None:
    async with served(keyed_hub) as wire:
        assert (await wire.ask("tools/call", {"name": "bench_echo"}, headers)).status == 200
    assert [call.principal.client for call in keyed_hub.calls] == ["ann"]


async def test_two_credentials_are_refused(keyed_hub: Any, served: Any) -> None:
    async with served(keyed_hub) as wire:
        both = await wire.ask("tools/list", headers={**key("analyst-key"), "X-API-Key": "reader-key"})
        twice = await wire.ask("tools/list", headers={**key("analyst-key"), "authorization": "Bearer reader-key"})
    assert (both.status, twice.status) == (400, 400)


async def test_a_key_that_was_taken_away_is_refused_at_once(keyed_hub: Any, served: Any) -> None:
    async with served(keyed_hub) as wire:
        session = await wire.initialize(key("analyst-key"))
        del keyed_hub.keys["analyst-key"]
        ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        assert (await wire.send(ping, session)).status == 401
        assert (await wire.ask("tools/list", headers=key("analyst-key"))).status == 401


async def test_without_any_key_configured_loopback_is_open_and_junk_changes_nothing(
    fake_hub: Any, served: Any
) -> None:
    async with served(fake_hub) as wire:
        await wire.ask("tools/call", {"name": "bench_echo"}, key("junk"))
    assert [call.principal.how for call in fake_hub.calls] == ["open"]


async def test_a_session_belongs_to_the_key_that_opened_it(keyed_hub: Any, served: Any) -> None:
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    async with served(keyed_hub) as wire:
        session = await wire.initialize(key("analyst-key"))
        stolen = {**session, **key("reader-key")}
        for answer in (
            await wire.send(ping, stolen),
            await wire.send(b"", stolen, verb="GET"),
            await wire.send(b"", stolen, verb="DELETE"),
        ):
            assert answer.status == 404
        assert (await wire.send(ping, session)).status == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_an_address_open_to_others_is_not_bound_without_keys(host: str) -> None:
    with pytest.raises(StartError) as caught:
        bind(host, 0, keys=False)
    assert "[server] host" in caught.value.hint
    assert "[[auth.keys]]" in caught.value.hint


async def test_a_hub_open_to_others_whose_keys_are_taken_away_answers_nobody(keyed_hub: Any, served: Any) -> None:
    async with served(keyed_hub, host="0.0.0.0") as wire:
        assert (await wire.ask("tools/list", headers=key("analyst-key"))).status == 200
        keyed_hub.keys.clear()
        assert (await wire.ask("tools/list", headers=key("analyst-key"))).status == 401
        assert (await wire.ask("tools/list")).status == 401


async def test_host_and_origin_are_checked_on_an_address_open_to_others_too(keyed_hub: Any, served: Any) -> None:
    async with served(keyed_hub, host="0.0.0.0") as wire:
        good = key("analyst-key")
        assert (await wire.ask("tools/list", headers={**good, "Host": "evil.example"})).status == 421
        assert (await wire.ask("tools/list", headers={**good, "Origin": "http://evil.example"})).status == 403
