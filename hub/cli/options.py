"""The options that commands share: which hub.toml, and connectors that are single files."""

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

PluginOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--plugin",
        metavar="FILE",
        help="Also load the connector in this Python file, to try it out; may be repeated.",
        show_default=False,
    ),
]
