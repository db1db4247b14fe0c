"""Acme's plugin as pip installs it, beside a connector that has need of it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

FIXTURES = Path(__file__).parent.parent / "fixtures"

DESK = '''
"""A desk that tells its token, to show where it came from."""
from typing import Annotated

from hub.plugin import Connector, ConnectorSettings, Secret, hookimpl, tool


class DeskSettings(ConnectorSettings):
    token: Secret


class Desk(Connector[DeskSettings]):
    title = "Desk"

    @tool()
    async def read(self, text: Annotated[str, "What to read"] = "nothing") -> str:
        """Read it back."""
        return f"{text}, {len(self.settings.token.get_secret_value())} characters of token"

    @tool(writes=True)
    async def change(self, text: Annotated[str, "What"], password: Annotated[str, "Of the desk"] = "") -> str:
        """Change it."""
        return f"changed {text}"


@hookimpl
def hub_connector():
    return Desk
'''


@pytest.fixture(autouse=True)
def _no_logging_left_behind(logging_as_it_was: None) -> None:
    """Each run of the program configures logging."""


@pytest.fixture(scope="session")
def acme_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which pip has installed Acme's plugin."""
    folder = tmp_path_factory.mktemp("acme")
    source = copytree(FIXTURES / "acme_plugin", folder / "source")
    site = folder / "site"
    options = ["--no-deps", "--no-build-isolation", "--disable-pip-version-check", "--quiet", "--target", str(site)]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(source)], check=True)
    return site


@pytest.fixture
def acme(
    acme_site: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    install_connector: Callable[..., Path],
) -> Path:
    """Acme's plugin and a desk are installed; gives a hub.toml in which both work."""
    install_connector("desk", DESK)
    monkeypatch.setattr(sys, "path", [str(acme_site), *sys.path])
    monkeypatch.setenv("ACME_UNSEAL", "open-sesame")
    (tmp_path / "vault.json").write_text(
        '{"unseal_key": "open-sesame", "kv/desk": {"token": "canary-desk-token"}}', encoding="utf-8"
    )
    config = tmp_path / "hub.toml"
    config.write_text(
        '[plugins.acme]\nvault = "vault.json"\nsiem = "siem.jsonl"\nunseal_key = { env = "ACME_UNSEAL" }\n'
        'frozen = ["desk"]\n'
        '[connectors.desk]\nread_only = false\ntoken = { vault = "kv/desk#token" }\n',
        encoding="utf-8",
    )
    return config
