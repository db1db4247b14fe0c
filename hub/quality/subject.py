"""The connector that is looked at: its folder, what its pyproject.toml says, and the class once it is loaded."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from hub.errors import ConfigError, ConnectorLoadError
from hub.hookspecs import CONNECTOR_GROUP

if TYPE_CHECKING:
    from hub.connector.base import Connector


@dataclass(frozen=True)
class Subject:
    """One connector's source folder.

    Attributes:
        folder: Where its pyproject.toml is.
        project: The table `[project]` in it.
        name: Of its entry point.
        module: What the entry point names.
    """

    folder: Path
    project: Mapping[str, Any] = field(repr=False)
    name: str
    module: str

    @classmethod
    def at(cls, folder: Path) -> "Subject":
        """Read a connector's folder.

        Raises:
            ConfigError: It is no folder of a connector.
        """
        path = folder / "pyproject.toml"
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ConfigError(f"there is no {path}", hint="Name the folder of a connector's sources") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path} is no valid TOML: {error}", hint="Correct it") from None
        project = _table(document, "project")
        points = _table(_table(project, "entry-points"), CONNECTOR_GROUP)
        if len(points) != 1:
            raise ConfigError(
                f"{path} offers {len(points) or 'no'} connectors",
                hint=f'Write [project.entry-points."{CONNECTOR_GROUP}"] with one line: name = "hub_connector_name"',
            )
        ((name, module),) = points.items()
        return cls(folder.resolve(), project, name, str(module))

    @property
    def package(self) -> str:
        """Name of the package the sources are in."""
        return self.module.partition(":")[0].partition(".")[0]

    @property
    def distribution(self) -> str:
        """Name of the distribution."""
        return str(self.project.get("name", ""))

    @property
    def version(self) -> str:
        """The connector's version; as it is installed, where pyproject.toml leaves it to be found out."""
        from importlib.metadata import PackageNotFoundError, version

        if "version" in self.project:
            return str(self.project["version"])
        try:
            return version(self.distribution)
        except PackageNotFoundError:
            return "unknown"

    @property
    def dependencies(self) -> tuple[str, ...]:
        """What it requires besides Python, as pyproject.toml says it."""
        return tuple(map(str, self.project.get("dependencies", ())))

    @property
    def tests(self) -> Path:
        """Folder of its tests."""
        return self.folder / "tests"

    @cached_property
    def source(self) -> Path:
        """Folder of its package."""
        for place in (self.folder / self.package, self.folder / "src" / self.package):
            if place.is_dir():
                return place
        return self.folder / self.package

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """The package's modules."""
        return tuple(sorted(self.source.rglob("*.py")))

    @cached_property
    def readme(self) -> str:
        """Text of README.md; empty without one."""
        path = self.folder / "README.md"
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    @cached_property
    def connector(self) -> "type[Connector[Any]]":
        """The connector class, as it is installed.

        Raises:
            ConnectorLoadError: It is not installed, or fails to import.
        """
        try:
            plugin = EntryPoint(name=self.name, value=self.module, group=CONNECTOR_GROUP).load()
            return plugin.hub_connector()
        except Exception as error:  # noqa: BLE001  an author's own code may raise anything
            raise ConnectorLoadError(
                f"{self.module} cannot be imported ({type(error).__name__}: {error})",
                hint=f"Run `pip install -e {self.folder}` in this environment",
            ) from None


def _table(document: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = document.get(key)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
