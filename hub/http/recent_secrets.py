"""Tokens come and go; the last few stay masked in everything the hub writes."""

from collections import deque
from collections.abc import Callable

_KEPT = 6


class RecentSecrets:
    """Registers secrets that are replaced again and again, and forgets those long out of use.

    Without an end, a token an hour would make masking slower for as long as the hub runs.

    Args:
        register: Told every new one.
        forget: Told each that is so many back.
    """

    def __init__(
        self, register: Callable[[str], None] = lambda _: None, forget: Callable[[str], None] = lambda _: None
    ) -> None:
        self._register = register
        self._forget = forget
        self._recent = deque[str]()

    def add(self, secret: str) -> None:
        """Mask this one from now on."""
        if not secret or secret in self._recent:
            return
        self._register(secret)
        self._recent.append(secret)
        if len(self._recent) > _KEPT:
            self._forget(self._recent.popleft())
