"""Run in a process of its own: what does importing and constructing a connector do besides?

Prints one JSON object. It is run as a file, without the rest of the test kit, whose imports would hide what a
connector imports itself.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import EntryPoint
from types import FrameType
from typing import Any

_NETWORK = frozenset(
    ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")
)
_PROCESSES = frozenset(("subprocess.Popen", "os.system", "os.posix_spawn"))


class Watch:
    """Notes what the modules of one package do while it is on.

    Args:
        package: Name of the package; what others do on their own account is theirs.
    """

    def __init__(self, package: str) -> None:
        self.found: list[str] = []
        self.is_on = False
        self._package = package

    def event(self, name: str, arguments: tuple[Any, ...]) -> None:
        """An audit event of the interpreter."""
        if not self.is_on:
            return
        if name in _NETWORK:
            self._note(f"opens a socket ({name})")
        elif name in _PROCESSES:
            self._note(f"starts a program ({arguments[0]})")
        elif name == "open" and isinstance(arguments[0], str | bytes) and (where := self._own_frame()):
            self._note(f"reads the file {os.fsdecode(arguments[0])} in {where}")

    def read(self, variable: str) -> None:
        """A look at a variable of the environment."""
        if self.is_on and (where := self._own_frame(through=("os", "_collections_abc"))):
            self._note(f"reads the environment variable {variable} in {where}")

    def _note(self, told: str) -> None:
        if told not in self.found:
            self.found.append(told)

    def _own_frame(self, through: tuple[str, ...] | None = None) -> str:
        """Where the package itself asked for this; empty if an import did, or another package.

        Args:
            through: Modules that may stand in between; any, if left out.
        """
        frame: FrameType | None = sys._getframe(2)  # noqa: SLF001  the documented way to the caller's frame
        while frame is not None:
            name = str(frame.f_globals.get("__name__", ""))
            if name.startswith("importlib._bootstrap"):
                return ""
            if name == self._package or name.startswith(f"{self._package}."):
                return f"{name}, line {frame.f_lineno}"
            if through is not None and name not in (*through, __name__):
                return ""
            frame = frame.f_back
        return ""


def watch_environment(watch: Watch) -> None:
    """Tell the watch of every variable that is read."""
    kind = type(os.environ)
    get: Callable[[Any, str], str] = kind.__getitem__

    def read(self: Any, name: str) -> str:
        watch.read(name)
        return get(self, name)

    setattr(kind, "__getitem__", read)  # noqa: B010  pyright knows the method as read-only


def main(name: str, module: str, settings: dict[str, Any], *, timed: bool) -> None:
    """Import, ask the hook, construct; print what was found.

    Args:
        name: Of the entry point.
        module: What it names.
        settings: The connector's table, secrets as plain text; its sandbox adds its own.
        timed: Watch nothing, so that the seconds of CPU are those of the import alone.
    """
    from hub.connector.base import ConnectorContext, settings_of
    from hub.http.client import ServiceClient

    import_module("hub.plugin")  # what every connector imports is the hub's own share
    watch = Watch(module.partition(":")[0].partition(".")[0])
    if not timed:  # watching takes time of its own
        sys.addaudithook(watch.event)
        watch_environment(watch)
    known = set(sys.modules)
    watch.is_on = True
    begun = time.process_time()
    cls = EntryPoint(name=name, value=module, group="").load().hub_connector()
    seconds = time.process_time() - begun
    watch.is_on = False
    importing, watch.found = watch.found, []
    heavy = sorted({one.partition(".")[0] for one in sys.modules.keys() - known})
    sandbox = cls.sandbox()
    own: dict[str, Any] = sandbox.settings("http://127.0.0.1:9") if sandbox else {}
    built = settings_of(cls).model_validate({**settings, **own})
    context = ConnectorContext(namespace=name, open_service=ServiceClient)
    watch.is_on = True
    connector = cls(built, context)
    connector.instructions()
    watch.is_on = False
    answer = {"importing": importing, "constructing": watch.found, "seconds": seconds, "modules": heavy}
    print(json.dumps(answer))  # noqa: T201  its answer


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], json.load(sys.stdin), timed=sys.argv[3] == "timed")
