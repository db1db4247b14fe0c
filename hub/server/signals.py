"""Signal handlers on the running loop, taken back at the end."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING

from hub.errors import HubError

if TYPE_CHECKING:
    from hub.hub import Hub

log = logging.getLogger(__name__)


@contextlib.contextmanager
def signal_handlers(handlers: Mapping[str, Callable[[], None]]) -> Generator[None]:
    """Handle signals by name; those the platform does not have are left out."""
    loop = asyncio.get_running_loop()
    handled: list[signal.Signals] = []
    for name, handler in handlers.items():
        number = getattr(signal, name, None)
        if number is not None:
            with contextlib.suppress(NotImplementedError):
                loop.add_signal_handler(number, handler)
                handled.append(number)
    try:
        yield
    finally:
        for number in handled:
            loop.remove_signal_handler(number)


def reloader(hub: "Hub") -> Callable[[], None]:
    """A signal handler that reads hub.toml again; a wrong file is logged and changes nothing."""
    running: set[asyncio.Task[None]] = set()

    async def reload() -> None:
        try:
            changed = await hub.reload()
        except HubError as error:
            log.error("hub.toml was not read again; the hub goes on as before: %s", error)  # noqa: TRY400  no traceback
        else:
            lists = f"the lists of {' and '.join(sorted(changed))} changed" if changed else "no list changed"
            log.info("hub.toml was read again; %s", lists)

    def handle() -> None:
        task = asyncio.get_running_loop().create_task(reload())
        running.add(task)
        task.add_done_callback(running.discard)

    return handle
