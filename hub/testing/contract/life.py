"""The contract's part on a connector's life: loading, two at once, staying within the guarded client, closing."""

import asyncio
import gc
import sys
import warnings
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.connector.base import Connector
from hub.errors import HubError
from hub.results.text import estimate_tokens
from hub.testing.contract.base import ContractBase, fail, require, run
from hub.testing.contract.exercise import exercise
from hub.testing.contract.wires import Watching, status
from hub.testing.http import no_escape
from hub.testing.hubs import OpenHub, open_hub

if TYPE_CHECKING:
    import httpx

_LARGE = 24 * 1024 * 1024
"""More bytes than the guarded client takes from any service that does not say otherwise."""


class Life(ContractBase):
    """Checks from loading to closing."""

    def test_loading_makes_no_request(self) -> None:
        async def check() -> list[str]:
            with Watching(answer=status(500)) as wire:
                async with self.open():
                    pass
            return [f"{request.method} {request.url.path}" for request in wire.requests]

        require(problems=run(check()), what="requests before the first call")

    def test_no_call_escapes_the_guarded_client(self) -> None:
        async def check() -> None:
            with ExitStack() as stack:
                if (service := self.fake_service()) is not None:
                    stack.enter_context(Watching(service))
                async with self.open() as hub:
                    with no_escape():
                        await exercise(self, hub)

        self.needs_a_service()
        try:
            run(check())
        except AssertionError as error:
            fail(str(error))

    def test_answers_are_bounded(self) -> None:
        async def check() -> list[str]:
            problems: list[str] = []
            async with self.open() as hub:
                most = hub.hub.settings.results.max_tokens
                for item in self.tools(hub):
                    if item.declaration.writes:
                        continue
                    with Watching(answer=_large) as wire:
                        reply = await self.call(hub, item)
                    if wire.requests and reply.error is None:
                        problems.append(f"{item.name} is content with an answer of {_LARGE // 2**20} MiB")
                    if estimate_tokens(reply.text) > most:
                        problems.append(f"{item.name} gave more than {most} tokens")
            return problems

        require(problems=run(check()), what="answers without bounds")

    def test_two_instances_run_side_by_side(self) -> None:
        first, second = self.name, f"{self.name[:25]}_second"

        async def check() -> list[str]:
            tables = {first: self.table(), second: {**self.table(), "connector": self.name}}
            async with open_hub({"connectors": tables}) as hub:
                one, other = hub.connector(first), hub.connector(second)
                problems: list[str] = []
                if shared := [
                    name
                    for name, value in vars(one).items()
                    if _is_mutable(value) and vars(other).get(name) is value
                ]:
                    problems.append(f"both share {', '.join(shared)}")
                names = [
                    {item.declaration.name for item in self.tools(hub, namespace)} for namespace in (first, second)
                ]
                if names[0] != names[1]:
                    problems.append(f"they offer different tools: {names[0] ^ names[1]}")
                if self.sandbox is not None:
                    problems += await self._of_the_first(hub, second)
                return problems

        require(problems=run(check()), what="two instances of one service")

    async def _of_the_first(self, hub: OpenHub, second: str) -> list[str]:
        """What goes wrong with the first instance because the second one's credential is rejected."""
        away = _address(hub.connector(second))
        if not away or away == _address(hub.connector(self.name)):
            return []
        with Watching(answer=status(401), when=lambda request, _: str(request.url).startswith(away)):
            for item in self.tools(hub, second):
                await hub.call(item.name, **self.arguments(item))
            replies = {item.name: await self.call(hub, item) for item in self.tools(hub)}
        return [
            f"{name} fails since the credential of {second} was rejected"
            for name, reply in replies.items()
            if reply.error == "authentication_failed"
        ]

    def test_it_closes_cleanly(self) -> None:
        left: list[str] = []

        async def check() -> None:
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda _, context: left.append(str(context.get("message"))))
            with ExitStack() as stack:
                if (service := self.fake_service()) is not None:
                    stack.enter_context(Watching(service))
                async with self.open() as hub:
                    await exercise(self, hub)
            await asyncio.sleep(0)
            left.extend(
                f"the task {task.get_name()} ({task.get_coro()})"
                for task in asyncio.all_tasks()
                if task is not asyncio.current_task()
            )

        self.needs_a_service()
        gc.collect()
        sockets = _sockets()

        def unraisable(found: "sys.UnraisableHookArgs") -> None:
            left.append(str(found.exc_value))

        hook, sys.unraisablehook = sys.unraisablehook, unraisable
        try:
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always")
                run(check())
                gc.collect()
        finally:
            sys.unraisablehook = hook
        left += [f"{one.category.__name__}: {one.message}" for one in warned]
        if (more := len(_sockets() - sockets)) > 0:
            left.append(f"{more} sockets")
        require(problems=left, what="left behind after closing")


def _address(connector: Connector[Any]) -> str:
    """Where a connector's own client leads; empty if it has none."""
    try:
        return connector.service().base_url
    except HubError:
        return ""


def _is_mutable(value: object) -> bool:
    return isinstance(value, dict | list | set | bytearray)


def _large(_: "httpx.Request") -> "httpx.Response":
    import httpx

    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"data": ["'
        for _ in range(_LARGE // 2**20):
            yield b"x" * 2**20
        yield b'"]}'

    return httpx.Response(200, headers={"content-type": "application/json"}, content=pieces())


def _sockets() -> set[str]:
    """The sockets this process has open, where the system tells."""
    folder = Path("/proc/self/fd")
    found: set[str] = set()
    for entry in folder.iterdir() if folder.is_dir() else ():
        try:
            target = str(entry.readlink())
        except OSError:
            continue
        if target.startswith("socket:"):
            found.add(target)
    return found
