"""What all commands share: which configuration, and the secrets to keep out of every output."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import typer

from hub.config.known import KnownSecrets
from hub.telemetry.logging import configure_logging


@dataclass(frozen=True, kw_only=True)
class CommandState:
    """One run of the program.

    Attributes:
        given: What --config says.
        files: What --plugin says.
        debug: Whether to show everything.
        secrets: Values that no log and no error may show.
    """

    given: Path | None
    debug: bool
    secrets: KnownSecrets
    files: tuple[Path, ...] = ()

    @classmethod
    def start(cls, given: Path | None, *, debug: bool) -> "CommandState":
        """Begin a run: from here on logs go to stderr."""
        secrets = KnownSecrets()
        configure_logging(level="debug" if debug else "warning", secrets=secrets)
        return cls(given=given, debug=debug, secrets=secrets)

    @property
    def config(self) -> Path:
        """The hub.toml to use; with --plugin it need not be there.

        Raises:
            ConfigError: There is none.
        """
        from hub.config.load import find_config

        return find_config(self.given, may_be_missing=bool(self.files))


def state_of(ctx: typer.Context, config: Path | None = None, files: Sequence[Path] | None = None) -> CommandState:
    """The state of this run; --config may stand before the command and after it."""
    state = cast("CommandState", ctx.obj)
    return replace(state, given=config or state.given, files=tuple(files or ()))
