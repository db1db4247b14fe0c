"""Every command, every setting and every connector is told where a user looks for it."""

import re
from pathlib import Path

import pytest

from hub.cli.app import COMMANDS
from hub.config.models import HubSettings
from hub.config.template import hub_toml

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TOLD = README + "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md")))
CONNECTORS = sorted(path.parent.name for path in ROOT.glob("connectors/*/pyproject.toml"))


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_is_in_the_readme(command: str) -> None:
    assert re.search(rf"\bhub {command}\b", README)


@pytest.mark.parametrize("table", sorted(HubSettings.model_fields))
def test_every_table_of_hub_toml_is_told(table: str) -> None:
    assert re.search(rf"\[\[?{table}\b", TOLD + hub_toml([]))


@pytest.mark.parametrize("connector", CONNECTORS)
def test_every_connector_is_listed(connector: str) -> None:
    assert f"(connectors/{connector}/README.md)" in README
    assert f"]({connector})" in (ROOT / "connectors" / "README.md").read_text(encoding="utf-8")
    assert f"[connectors.{connector}]" in (ROOT / "hub.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))])
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target
