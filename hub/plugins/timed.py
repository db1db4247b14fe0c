"""Asks a plugin's resolver so that one that hangs, exits or fails is one reference that cannot be read."""

import logging
import threading

from hub.errors import SecretUnavailable
from hub.plugins.resolver import SecretResolver

SECONDS = 5.0
"""How long one reference may take."""

log = logging.getLogger("hub.plugins")


class TimedResolver(SecretResolver):
    """Reads references through a plugin's resolver, each in a thread of its own.

    Args:
        name: Of the plugin.
        resolver: What it gave.
        seconds: How long one reference may take.
    """

    def __init__(self, name: str, resolver: SecretResolver, seconds: float = SECONDS) -> None:
        self._name = name
        self._resolver = resolver
        self._seconds = seconds
        self.kind = resolver.kind
        self.form = resolver.form

    def resolve(self, target: str) -> str:
        """The value.

        Raises:
            SecretUnavailable: The plugin says so, fails, or is not done in time.
        """
        values: list[object] = []
        failures: list[BaseException] = []

        def ask() -> None:
            try:
                values.append(self._resolver.resolve(target))
            except BaseException as error:  # noqa: BLE001  SystemExit and the like must not leave this thread
                failures.append(error)

        # A daemon of its own: one that hangs uses up no other's thread, and the process does not wait for it.
        thread = threading.Thread(target=ask, name=f"hub-secret {self._name}", daemon=True)
        thread.start()
        thread.join(self._seconds)
        what = f"{self.kind} {target!r}"
        if failures:
            if isinstance(failures[0], SecretUnavailable):
                raise failures[0]
            log.debug("plugin %s failed", self._name, exc_info=failures[0])
            raise SecretUnavailable(
                f"the plugin {self._name} failed to read {what} ({type(failures[0]).__name__})",
                hint=f"Check [plugins.{self._name}]; `hub --debug check` shows where it failed",
            )
        if not values:
            raise SecretUnavailable(
                f"the plugin {self._name} did not read {what} within {self._seconds:g} seconds",
                hint=f"Check [plugins.{self._name}] and what it asks",
            )
        if not isinstance(values[0], str):
            raise SecretUnavailable(f"the plugin {self._name} gave no text for {what}")
        return values[0]
