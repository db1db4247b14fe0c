"""The option that every command takes: which hub.toml."""

from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        help="The hub.toml to use; else HUB_CONFIG, else ./hub.toml.",
        show_default=False,
    ),
]
