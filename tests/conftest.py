"""Fixtures of all of the core's tests."""

import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

InstallPackage = Callable[..., Path]


@pytest.fixture
def install_connector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstallPackage:
    """Put a connector package on sys.path, with the metadata pip would have written.

    Takes the entry-point name and the source of the module, and as keywords `distribution`, `version`,
    `requires` and, for a plugin, `group`.
    """

    def install(
        name: str,
        source: str,
        *,
        distribution: str = "",
        version: str = "1.0.0",
        requires: str = "",
        group: str = "hub.connectors",
    ) -> Path:
        distribution = distribution or f"hub-connector-{name}"
        site = tmp_path / "site" / distribution
        site.mkdir(parents=True)
        module = f"{distribution.replace('-', '_')}_{abs(hash(str(site))) % 10**8}"
        (site / f"{module}.py").write_text(dedent(source), encoding="utf-8")
        info = site / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n"
        metadata += f"Requires-Dist: {requires}\n" if requires else ""
        (info / "METADATA").write_text(metadata, encoding="utf-8")
        (info / "entry_points.txt").write_text(f"[{group}]\n{name} = {module}\n", encoding="utf-8")
        monkeypatch.setattr(sys, "path", [str(site), *sys.path])
        monkeypatch.delitem(sys.modules, module, raising=False)
        return site

    return install


@pytest.fixture
def write_config(tmp_path: Path) -> Callable[[str], Path]:
    """Write a hub.toml into a folder of its own and give its path."""

    def write(text: str) -> Path:
        path = tmp_path / "hub.toml"
        path.write_text(dedent(text), encoding="utf-8")
        return path

    return write


@pytest.fixture
def logging_as_it_was() -> Iterator[None]:
    """Take back what a run of the program does to logging."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in logging.root.manager.loggerDict}
    yield
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in logging.root.manager.loggerDict:
        logging.getLogger(name).setLevel(levels.get(name, logging.NOTSET))
