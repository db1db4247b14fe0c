"""The contract's part on a service that fails: what the caller is told, what is repeated, what is logged."""

import logging
from base64 import b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING

from hub.errors import AuthenticationFailed, ConnectorError
from hub.testing.contract.base import ContractBase, fail, require, run, skip
from hub.testing.contract.logs import kept_logs
from hub.testing.contract.planted import all_secrets, planted
from hub.testing.contract.wires import Answer, Watching, dropped, refused, status
from hub.testing.hubs import Reply

if TYPE_CHECKING:
    import httpx

_TO_AN_OUTAGE = 6
"""Requests without an answer after which the hub counts a service as down, and one more."""


class Failures(ContractBase):
    """Checks with a service that does not do what it should."""

    def test_verify_access_makes_an_authenticated_call(self) -> None:
        table = planted(self.connector, self.table(), self.sandbox)
        secrets = all_secrets(table, self.sandbox)

        async def check() -> Watching:
            async with self.open(**table) as hub:
                with Watching(self.fake_service()) as wire:
                    await hub.connector(self.name).verify_access()
                return wire

        self.needs_a_service()
        requests = run(check()).requests
        if not requests:
            fail("verify_access() asks the service nothing, so it cannot know whether the hub gets in")
        if secrets and not any(_is_authenticated(request, secrets) for request in requests):
            fail("verify_access() makes no request that carries the credential")

    def test_a_rejected_credential_is_named(self) -> None:
        async def check() -> str:
            async with self.open() as hub:
                with Watching(answer=status(401)) as wire:
                    try:
                        await hub.connector(self.name).verify_access()
                    except AuthenticationFailed as error:
                        told = str(error)
                    except ConnectorError as error:
                        fail(f"verify_access() raises {type(error).__name__} for a 401: {error}")
                    else:
                        fail("verify_access() is content with a service that answers 401")
                if len(wire.requests) > len(
                    {(r.method, r.url, r.headers.get("authorization")) for r in wire.requests}
                ):
                    fail("a request that was answered with 401 is sent again with the same credential")
                return told

        told = run(check())
        if f"connectors.{self.name}" not in told:
            fail(f"the error for a 401 names no setting of [connectors.{self.name}]: {told}")
        self._expect("authentication_failed", status(401), "401")

    def test_a_rate_limit_is_told(self) -> None:
        self._expect("rate_limited", status(429, retry_after="30"), "429")

    def test_a_failure_of_the_service_is_told(self) -> None:
        self._expect("service_unavailable", status(500), "500")

    def test_a_service_that_cannot_be_reached_is_told(self) -> None:
        self._expect("service_unavailable", refused, "a refused connection")

    def test_a_write_is_sent_once(self) -> None:
        async def check() -> list[str]:
            problems: list[str] = []
            async with self.open() as hub:
                for item in self.tools(hub):
                    if not item.declaration.writes:
                        continue
                    with Watching(self.fake_service(), dropped, when=lambda _, is_write: is_write) as wire:
                        reply = await self.call(hub, item)
                    if not wire.writes:
                        problems.append(
                            f"{item.name} wrote nothing with {dict(self.arguments(item))} ({reply.text[:200]}); "
                            f"give {item.declaration.name!r} arguments in `calls` that make it write, and "
                            "declare no write safe=True"
                        )
                    elif len(wire.writes) > 1 and not item.declaration.idempotent:
                        problems.append(f"{item.name} was sent {len(wire.writes)} times: {', '.join(wire.writes)}")
                    elif reply.error != "outcome_unknown" and not item.declaration.idempotent:
                        problems.append(f"{item.name} does not say that it may have happened: {reply.text[:200]}")
            return problems

        self.needs_a_service()
        if not self._has_writes():
            skip("no tool writes")
        require(problems=run(check()), what="writes whose connection is dropped")

    def test_an_outage_is_logged_once(self) -> None:
        async def check() -> tuple[list[str], list[str]]:
            async with self.open() as hub:
                reads = [item for item in self.tools(hub) if not item.declaration.writes]
                with kept_logs() as down, Watching(answer=refused) as wire:
                    for _ in range(_TO_AN_OUTAGE):
                        for item in reads:
                            await self.call(hub, item)
                if not wire.requests:
                    skip("no tool that reads makes a request")
                with kept_logs() as up, Watching(self.fake_service()) as wire:
                    wire.clock.advance(120)
                    for item in reads:
                        await self.call(hub, item)
            return _loud(down.records), _loud(up.records)

        self.needs_a_service()
        down, up = run(check())
        hosts = 2  # a connector may talk to more than one address, each with an outage of its own
        if not 1 <= len(down) <= hosts or len(up) > hosts:
            fail(
                "an outage has to be logged once when it begins and once when it ends; logged were\n  "
                + "\n  ".join([*down, "— back —", *up])
            )

    def _has_writes(self) -> bool:
        async def check() -> bool:
            async with self.open() as hub:
                return any(item.declaration.writes for item in self.tools(hub))

        return run(check())

    def _expect(self, error: str, answer: Answer, what: str) -> None:
        """Every tool that asks its service has to fail with this error when everything is answered so."""

        async def check() -> Mapping[str, Reply]:
            replies: dict[str, Reply] = {}
            async with self.open() as hub:
                for item in self.tools(hub):
                    with Watching(answer=answer) as wire:
                        wire.clock.advance(300 * len(replies))
                        reply = await self.call(hub, item)
                    if wire.requests:
                        replies[item.name] = reply
            return replies

        replies = run(check())
        if not replies:
            skip("no tool makes a request")
        problems = [
            f"{name}: {reply.error or 'no error'}: {reply.text[:200]}"
            for name, reply in replies.items()
            if reply.error != error
        ]
        require(problems=problems, what=f"{what} should be told as {error}, but is")


def _is_authenticated(request: "httpx.Request", secrets: list[str]) -> bool:
    carried = "\n".join([*request.headers.values(), str(request.url), request.content.decode("utf-8", "replace")])
    if "authorization" in request.headers:
        return True
    return any(secret in carried or b64encode(secret.encode()).decode() in carried for secret in secrets)


def _loud(records: list[logging.LogRecord]) -> list[str]:
    return [
        f"{record.levelname} {record.name}: {record.getMessage()}"
        for record in records
        if record.levelno >= logging.WARNING and record.name.startswith(("hub.http", "hub.connectors"))
    ]
