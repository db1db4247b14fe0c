"""The contract's part on secrets: planted ones appear nowhere, whatever the service throws back."""

import logging
from typing import TYPE_CHECKING
from urllib.parse import quote

from hub.testing.contract.base import ContractBase, require, run, skip
from hub.testing.contract.exercise import exercise
from hub.testing.contract.logs import kept_logs
from hub.testing.contract.planted import all_secrets, planted
from hub.testing.contract.settings import secret_fields
from hub.testing.contract.wires import Watching
from hub.testing.hubs import OpenHub

if TYPE_CHECKING:
    import httpx


class Secrets(ContractBase):
    """The canary check."""

    def test_planted_secrets_appear_nowhere(self) -> None:
        table = planted(self.connector, self.table(), self.sandbox)
        secrets = set(all_secrets(table, self.sandbox))
        if not secrets:
            fields = ", ".join(secret_fields(self.connector.settings_type))
            skip(f"set one of {fields} in `settings`" if fields else "its settings hold no secret")

        async def check() -> dict[str, str]:
            told: dict[str, str] = {}
            async with self.open(**table) as hub:
                with kept_logs(logging.DEBUG) as logs:
                    if self.sandbox is not None or self.fake_service() is not None:
                        with Watching(self.fake_service()) as wire:
                            told |= await self._told(hub, "answered well")
                            _note_derived(secrets, wire)
                    for code in (200, 400, 401, 403, 404, 500):
                        with Watching(answer=lambda request, code=code: _echo(request, code)) as wire:
                            wire.clock.advance(300 * code)
                            told |= await self._told(hub, f"answered {code} with the request in it")
                            _note_derived(secrets, wire)
                told["a log record"] = logs.text
                connector = hub.connector(self.name)
                told["repr of the connector"] = repr(connector) + repr(vars(connector))
                told["repr of the settings"] = f"{connector.settings!r} {connector.settings}"
                for path in sorted((hub.folder / ".hub").rglob("*")):
                    if path.is_file():
                        told[f"the hub's file {path.name}"] = path.read_bytes().decode("latin-1")
            return told

        told = run(check())
        problems = [
            f"{where} holds {_named(secret)}"
            for where, text in told.items()
            for secret in sorted(secrets)
            if secret in text or (quote(secret, safe="") in text)
        ]
        require(problems=problems, what="planted secrets came out")

    def test_a_diagnosis_holds_no_secret(self) -> None:
        from hub.cli.diagnosis import diagnosis

        table = planted(self.connector, self.table(), self.sandbox)
        secrets = all_secrets(table, self.sandbox)
        if not secrets:
            skip("its settings hold no secret")

        async def check() -> str:
            async with self.open(**table) as hub:
                with Watching(answer=lambda request: _echo(request, 400)):
                    await exercise(self, hub)
                    return repr(await diagnosis(hub.hub, self.name, seconds=10.0))

        told = run(check())
        problems = [_named(secret) for secret in secrets if secret in told]
        require(problems=problems, what="`hub diagnose` shows planted secrets")

    async def _told(self, hub: OpenHub, when: str) -> dict[str, str]:
        told = await exercise(self, hub)
        told["hub_status"] = (await hub.call("hub_status")).text
        return {f"{name}, {when},": text for name, text in told.items()}


def _note_derived(secrets: set[str], wire: Watching) -> None:
    """What an Authorization header carried is a secret, too: a token that was fetched, a pair in Base64."""
    for request in wire.requests:
        value = request.headers.get("authorization", "").rpartition(" ")[2]
        if len(value) >= 8:
            secrets.add(value)


def _echo(request: "httpx.Request", code: int) -> "httpx.Response":
    """Throw everything back that came: headers, address, body."""
    import httpx

    said = " ".join([str(request.url), *(f"{k}={v}" for k, v in request.headers.items())])
    said += request.content.decode("utf-8", "replace")
    fields = ("message", "error", "error_description", "detail", "errorMessages", "title", "name", "id", "data")
    return httpx.Response(code, json=dict.fromkeys(fields, said))


def _named(secret: str) -> str:
    return f"{secret[:12]}… ({len(secret)} characters)"
