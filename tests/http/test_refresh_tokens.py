"""Refresh tokens that are good for one use: the newest is kept, encrypted, and nobody uses one twice."""

import asyncio
import stat
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hub.connector.credentials import RefreshToken
from hub.connector.settings import Secret
from hub.errors import AuthenticationFailed, ServiceUnavailable
from hub.http.authorization import Authorizations
from hub.http.client import ServiceClient
from hub.http.token_store import Chain, TokenStore
from hub.testing.faults import FaultServer
from hub.testing.http import FastClock

OpenClient = Callable[..., AbstractAsyncContextManager[ServiceClient]]
Vendor = Any  # tests/http/conftest.py
APP_SECRET = "canary-CLIENT-SECRET"


def grant(served: FaultServer, first: str = "refresh-0", secret: str | None = APP_SECRET) -> RefreshToken:
    return RefreshToken(
        token_url=f"{served.url}/oauth/token",
        client_id="hub",
        refresh_token=Secret(first),
        client_secret=Secret(secret) if secret else None,
    )


@pytest.fixture
def process(open_client: OpenClient, served: FaultServer, tmp_path: Path) -> OpenClient:
    """A client as a process of its own would have it: nothing shared but the state folder."""

    @asynccontextmanager
    async def started(**options: Any) -> AsyncGenerator[ServiceClient]:
        alone = Authorizations(folder=options.pop("folder", tmp_path / "credentials"))
        async with open_client(served.url, auth=grant(served, **options), authorizations=alone) as client:
            yield client

    return started


async def test_each_renewal_uses_the_newest_refresh_token(
    process: OpenClient, vendor: Vendor, clock: FastClock
) -> None:
    async with process() as client:
        for _ in range(4):
            await client.get("/items")
            vendor.withdraw()
            await clock.sleep(11)
    assert [form["refresh_token"] for form in vendor.forms] == [
        "refresh-0",
        "canary-REFRESH-1",
        "canary-REFRESH-2",
        "canary-REFRESH-3",
    ]


async def test_a_restart_goes_on_with_the_token_that_was_kept(process: OpenClient, vendor: Vendor) -> None:
    async with process() as client:
        await client.get("/items")
    async with process() as client:
        await client.get("/items")
        assert len(vendor.forms) == 1
        vendor.withdraw()
        await client.get("/items")
    assert vendor.newest == "canary-REFRESH-2"


async def test_a_vendor_that_does_not_rotate_is_asked_with_the_same_token(
    process: OpenClient, vendor: Vendor
) -> None:
    vendor.rotates = False
    async with process() as client:
        await client.get("/items")
        vendor.withdraw()
        await client.get("/items")
    assert [form["refresh_token"] for form in vendor.forms] == ["refresh-0", "refresh-0"]


async def test_processes_that_share_a_folder_do_not_use_a_token_twice(
    process: OpenClient, vendor: Vendor, clock: FastClock
) -> None:
    async with process() as one, process() as two, process() as three:
        for _ in range(3):
            await asyncio.gather(*(client.get("/items") for client in (one, two, three) for _ in range(10)))
            vendor.withdraw()
            await clock.sleep(11)
    assert len(vendor.forms) == 3  # who comes second takes what the first has got
    assert vendor.newest == "canary-REFRESH-3"


async def test_the_new_token_is_on_disk_before_it_is_used(
    process: OpenClient, vendor: Vendor, served: FaultServer, tmp_path: Path
) -> None:
    store = TokenStore(
        tmp_path / "credentials",
        identity=(f"{served.url}/oauth/token", "hub", "refresh-0"),
        key="canary-CLIENT-SECRET",
    )
    async with process() as client:
        call = asyncio.create_task(client.get("/items"))
        while not vendor.calls:
            await asyncio.wait({call}, timeout=0.001)
        kept = await store.load()
        await call
    assert kept is not None
    assert kept.refresh_token == "canary-REFRESH-1"


async def test_a_folder_that_cannot_be_written_costs_no_token(
    process: OpenClient, vendor: Vendor, tmp_path: Path
) -> None:
    (tmp_path / "credentials").write_text("a file in the way")
    async with process() as client:
        with pytest.raises(ServiceUnavailable, match="cannot be kept") as raised:
            await client.get("/items")
    assert "[hub] state" in raised.value.hint
    assert vendor.forms == []


async def test_a_token_that_could_not_be_written_is_kept_until_it_can(
    process: OpenClient, vendor: Vendor, clock: FastClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: TokenStore, chain: Chain) -> None:
        raise OSError(28, "No space left on device")

    async with process() as client:
        with monkeypatch.context() as disk:
            disk.setattr(TokenStore, "_save", full)
            with pytest.raises(ServiceUnavailable, match="no space left on device"):
                await client.get("/items")
            assert vendor.calls == []
        await clock.sleep(6)
        await client.get("/items")
    assert len(vendor.forms) == 1
    async with process() as client:
        vendor.withdraw()
        await client.get("/items")
    assert vendor.forms[-1]["refresh_token"] == "canary-REFRESH-1"


async def test_another_first_token_in_the_settings_begins_anew(process: OpenClient, vendor: Vendor) -> None:
    async with process() as client:
        await client.get("/items")
    vendor.newest = "refresh-by-hand"
    async with process(first="refresh-by-hand") as client:
        await client.get("/items")
    assert vendor.forms[-1]["refresh_token"] == "refresh-by-hand"


async def test_a_refused_refresh_token_says_that_somebody_has_to_authorise_again(
    process: OpenClient, vendor: Vendor, clock: FastClock
) -> None:
    vendor.newest = "used up elsewhere"
    async with process() as client:
        for _ in range(99):
            with pytest.raises(AuthenticationFailed):
                await client.get("/items")
        with pytest.raises(AuthenticationFailed, match="invalid_grant: reused") as raised:
            await client.get("/items")
    assert len(vendor.forms) == 1
    assert "authorise Fake again" in raised.value.hint
    assert "connectors.fake.token" in raised.value.hint


async def test_a_refresh_token_is_sent_once_even_if_no_answer_comes(process: OpenClient, vendor: Vendor) -> None:
    vendor.fail_with = (0, None)
    async with process() as client:
        with pytest.raises(ServiceUnavailable, match="No token for Fake could be had"):
            await client.get("/items")
    assert len(vendor.forms) == 1


async def test_a_caller_that_gives_up_does_not_lose_the_new_refresh_token(
    process: OpenClient, vendor: Vendor
) -> None:
    vendor.hold.clear()
    async with process() as client:
        call = asyncio.create_task(client.get("/items"))
        await vendor.asked.wait()
        call.cancel()
        await asyncio.wait({call})
        vendor.hold.set()
        # The client is closed at once, with the token on its way.
    async with process() as client:
        await client.get("/items")
    assert [form["refresh_token"] for form in vendor.forms] == ["refresh-0"]


@pytest.mark.parametrize("secret", ["canary-CLIENT-SECRET", None])
async def test_what_is_kept_is_encrypted_and_for_the_owner_alone(
    process: OpenClient, tmp_path: Path, secret: str | None
) -> None:
    async with process(secret=secret) as client:
        await client.get("/items")
    folder = tmp_path / "credentials"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = list(folder.iterdir())
    assert {path.suffix for path in files} == {".token", ".lock"}
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert b"canary" not in path.read_bytes()
        assert b"refresh" not in path.read_bytes()


async def test_a_damaged_file_is_told_and_not_trusted(
    process: OpenClient, vendor: Vendor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with process() as client:
        await client.get("/items")
    (kept,) = (tmp_path / "credentials").glob("*.token")
    sealed = bytearray(kept.read_bytes())
    sealed[-1] ^= 1
    kept.write_bytes(sealed)
    vendor.newest = "refresh-0"
    async with process() as client:
        await client.get("/items")
    assert vendor.forms[-1]["refresh_token"] == "refresh-0"
    assert "cannot be decrypted" in caplog.text


async def test_a_file_under_another_name_is_not_taken_for_ones_own(tmp_path: Path) -> None:
    one = TokenStore(tmp_path, identity=("https://a", "hub", "first"), key="secret")
    other = TokenStore(tmp_path, identity=("https://b", "hub", "first"), key="secret")
    async with one.locked():
        await one.save(Chain(refresh_token="of one"))
    one._path.rename(other._path)
    assert await other.load() is None


async def test_a_lock_that_is_never_given_back_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.http.token_store._LOCK_SECONDS", 0.0)
    one = TokenStore(tmp_path, identity=("https://a", "hub", "first"), key="secret")
    other = TokenStore(tmp_path, identity=("https://a", "hub", "first"), key="secret")
    async with one.locked():
        with pytest.raises(ServiceUnavailable, match="Another process"):
            async with other.locked():
                pass
    async with other.locked():
        pass


def test_no_token_is_in_a_repr() -> None:
    chain = Chain(refresh_token="canary-R", access_token="canary-A")
    assert "canary" not in repr(chain)
