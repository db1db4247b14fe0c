"""`hub new`: starts a connector of one's own."""

from pathlib import Path
from typing import Annotated

import typer

from hub.scaffold.write import write_connector


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name in hub.toml and prefix of the tools.")],
    title: Annotated[
        str, typer.Option("--title", metavar="TEXT", help="The product's name, as its vendor writes it.")
    ] = "",
    folder: Annotated[
        Path | None, typer.Option("--folder", metavar="PATH", help="Where to put it; ./NAME if left out.")
    ] = None,
) -> None:
    """Write a connector package that works at once: two tools, a resource, a sandbox and tests.

    Put the real service's calls in the place of those it has; docs/connectors.md leads through it.
    """
    target = folder or Path(name)
    written = write_connector(name, target, title)
    typer.echo(f"Wrote {target}/")
    for path in written:
        typer.echo(f"  {path.relative_to(target)}")
    typer.echo(
        f"""
Next:
  pip install -e {target} "mcp-integration-hub[testing]"
  python -m pytest {target}
  hub connectors enable {name}     # then add `sandbox = true` to its table to try it without a service
  hub tools"""
    )
