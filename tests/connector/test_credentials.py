"""A declared credential through a whole hub: kept in its state folder, masked everywhere, told when it fails."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from hub.access.principal import LOCAL
from hub.calls.types import Call, Outcome
from hub.config.known import KnownSecrets
from hub.hub import Hub
from hub.results.content import Text
from hub.testing.faults import Received, fault_server, http_answer

InstallConnector = Callable[..., Path]
WriteConfig = Callable[[str], Path]

CANARIES = ("canary-FIRST", "canary-SECRET", "canary-ACCESS", "canary-SECOND")
TRACKER = '''
from hub.plugin import Connector, ConnectorSettings, RefreshToken, Secret, hookimpl, tool

class TrackerSettings(ConnectorSettings):
    url: str
    refresh_token: Secret
    client_secret: Secret

class Tracker(Connector[TrackerSettings]):
    title = "Tracker"

    def credential(self):
        return RefreshToken(
            token_url=f"{self.settings.url}/token",
            client_id="hub",
            refresh_token=self.settings.refresh_token,
            client_secret=self.settings.client_secret,
        )

    @tool()
    async def leak(self) -> str:
        """Say back the credential in use."""
        answer = await self.http.get("/echo")
        self.log.warning("the service said %s", answer.text)
        return answer.text

    @tool(scopes=["read:work", "write:work"])
    async def forbidden(self) -> str:
        """Ask for what is not allowed."""
        await self.http.get("/forbidden")
        return "allowed"

@hookimpl
def hub_connector():
    return Tracker
'''


async def tracker(request: Received, _: object) -> bytes | None:
    json = {"content-type": "application/json"}
    if request.target == "/token":
        if b"canary-FIRST" not in request.body:
            return http_answer(b'{"error": "invalid_grant"}', status=400, headers=json)
        token = b'{"access_token": "canary-ACCESS", "refresh_token": "canary-SECOND", "scope": "read:work"}'
        return http_answer(token, headers=json)
    if request.target == "/forbidden":
        return http_answer(b'{"message": "not with canary-ACCESS"}', status=403, headers=json)
    told = f"you sent {request.headers['authorization']}, and next is canary-SECOND"
    return http_answer(told.encode(), headers={"content-type": "text/plain"})


def text_of(outcome: Outcome) -> str:
    return "\n".join(piece.text for piece in outcome.content if isinstance(piece, Text))


async def call(hub: Hub, name: str) -> Outcome:
    return await hub.call(Call(id=uuid4().hex, kind="tool", name=name, principal=LOCAL, transport="memory"))


async def test_a_declared_credential_is_kept_renewed_and_masked(
    install_connector: InstallConnector,
    write_config: WriteConfig,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    install_connector("tracker", TRACKER)
    monkeypatch.setenv("FIRST", "canary-FIRST")
    monkeypatch.setenv("APP_SECRET", "canary-SECRET")
    secrets = KnownSecrets()
    async with fault_server(tracker) as server, AsyncExitStack() as stack:
        config = write_config(
            f"""
            [connectors.tracker]
            url = "{server.url}"
            refresh_token = {{ env = "FIRST" }}
            client_secret = {{ env = "APP_SECRET" }}
            """
        )
        hub = await stack.enter_async_context(Hub.open(config, secrets=secrets))
        leaked = await call(hub, "tracker_leak")
        assert text_of(leaked) == "you sent Bearer [secret], and next is [secret]"
        forbidden = await call(hub, "tracker_forbidden")
        assert "[redacted]" in text_of(forbidden)
        assert text_of(forbidden).endswith(
            "tracker_forbidden needs read:work, write:work; the credential lacks write:work and has read:work"
        )
        await hub.reload()
        assert (await call(hub, "tracker_leak")).ok
        asked = [request for request in server.requests if request.target == "/token"]
        assert len(asked) == 1  # the reloaded connector takes up what is kept
    assert len(list((tmp_path / ".hub" / "credentials").glob("*.token"))) == 1
    for path in (tmp_path / ".hub").rglob("*"):
        kept = path.read_bytes() if path.is_file() else b""
        assert not any(canary.encode() in kept for canary in CANARIES), path
    told = secrets.redact(caplog.text)
    assert "the service said" in told
    assert not any(canary in told for canary in CANARIES)
