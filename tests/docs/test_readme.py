"""Every command, every setting and every connector is told where a user looks for it, and what is told is so."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast, get_args

import pytest
import typer
from typer.core import TyperGroup
from typer.main import get_command

from hub.cli.app import COMMANDS, app
from hub.config.load import load_settings
from hub.config.models import HubSettings, KeyTable, LimitsTable, RoleTable
from hub.config.tables import choices_of
from hub.config.template import hub_toml, toml_value
from hub.connector.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
PAGES = ["README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))]
CONNECTORS = sorted(path.parent.name for path in ROOT.glob("connectors/*/pyproject.toml"))

Named = dict[str, set[str]]


def commands() -> Named:
    """Every command with its options, those of the program itself under the empty name."""
    root = cast("TyperGroup", get_command(app))
    context = typer.Context(root)
    found: Named = {"": _options(root)}
    for name in COMMANDS:
        _, command, _ = root.resolve_command(context, [name])
        found[name] = _options(command)
        for inner, below in getattr(command, "commands", {}).items():
            found[f"{name} {inner}"] = _options(below)
    return found


def _options(command: Any) -> set[str]:
    return {"--help", "-h", *(option for parameter in command.params for option in parameter.opts)}


def tables() -> dict[str, type[Settings]]:
    """Every table of hub.toml by its header."""
    several: Mapping[str, type[Settings]] = {"auth.keys": KeyTable, "roles.NAME": RoleTable}
    found: dict[str, type[Settings]] = {
        f"[[{name}]]" if name == "auth.keys" else f"[{name}]": model for name, model in several.items()
    }
    for name, field in HubSettings.model_fields.items():
        model = field.annotation
        if name == "roles":
            continue
        if name in ("plugins", "connectors"):
            found[f"[{name}.NAME]"] = get_args(model)[1]
        else:
            found[f"[{name}]"] = cast("type[Settings]", model)
    return found


def keys_of(model: type[Settings]) -> dict[str, str]:
    """The keys of a table with their defaults as TOML writes them; tables below it are no keys."""
    found: dict[str, str] = {}
    for name, field in model.model_fields.items():
        if name in ("settings", "keys") or (model is LimitsTable and name in ("tools", "connectors")):
            continue
        default = None if field.is_required() else field.get_default(call_default_factory=True)
        found[name] = "" if default is None or default == "" else toml_value(default)
    return found


def told_in(page: str, header: str) -> dict[str, str]:
    """The keys and defaults that stand in the page's section on a table."""
    _, found, rest = page.partition(f"## `{header}`")
    assert found, f"docs/configuration.md has no section on {header}"
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \|", rest.partition("\n## ")[0], re.MULTILINE)
    return {key: default.strip().strip("`") for key, default in rows}


def mentions(text: str) -> Iterator[tuple[str, list[str]]]:
    """What a page says of the program: each command line, in code, with its words."""
    code = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in code for line in block.splitlines()] + re.findall(r"`([^`\n]+)`", text)
    for line in lines:
        match = re.match(r"(?:\$ )?(?:\S*/bin/)?hub ([a-z].*)", line)
        if match:
            yield line, match[1].partition("  #")[0].split()


@pytest.mark.parametrize("command", sorted(name for name in commands() if name))
def test_every_command_is_told(command: str) -> None:
    assert re.search(rf"\bhub {command}\b", README)


@pytest.mark.parametrize("page", PAGES)
def test_every_command_line_told_exists(page: str) -> None:
    known = commands()
    for line, words in mentions((ROOT / page).read_text(encoding="utf-8")):
        name = " ".join(words[:2]) if " ".join(words[:2]) in known else words[0]
        assert name in known, line
        options = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        assert options <= known[name] | known[""], line


@pytest.mark.parametrize("header", sorted(tables()))
def test_every_setting_is_told_with_its_default(header: str) -> None:
    assert told_in(CONFIGURATION, header) == keys_of(tables()[header])


@pytest.mark.parametrize("header", sorted(tables()))
def test_hub_init_offers_every_setting(header: str) -> None:
    text = hub_toml([])
    section = text.partition("# Every connector also takes:")[2] if "connectors." in header else text
    for key in keys_of(tables()[header]):
        assert re.search(rf"\b{key} = ", section), key


def test_hub_init_offers_quotas_of_every_kind() -> None:
    for name, field in LimitsTable.model_fields.items():
        if any(choice is not None and "Mapping" in str(choice) for choice in choices_of(field.annotation)):
            assert f"# [limits.{name}]" in hub_toml([])
            assert f"`[limits.{name}]`" in CONFIGURATION


def test_what_the_readme_writes_into_hub_toml_is_valid(tmp_path: Path) -> None:
    whole: dict[str, Any] = {}
    for block in re.findall(r"^```toml\n(.*?)^```", README, re.MULTILINE | re.DOTALL):
        _merge(whole, tomllib.loads(block))
    path = tmp_path / "hub.toml"
    path.write_text("\n".join(f"{name} = {_inline(value)}" for name, value in whole.items()), encoding="utf-8")
    settings = load_settings(path)
    assert set(settings.limits.connectors) <= set(settings.connectors)
    assert settings.auth.keys[0].roles == tuple(settings.roles)


def _merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], cast("dict[str, Any]", value))
        else:
            into[key] = value


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return "{ " + ", ".join(f'"{key}" = {_inline(item)}' for key, item in items) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_inline(item) for item in cast("list[Any]", value)) + "]"
    return toml_value(value)


@pytest.mark.parametrize("target", re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
def test_every_target_of_the_makefile_is_told(target: str) -> None:
    told = README + (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert f"make {target}" in told


@pytest.mark.parametrize("package", sorted(path.parent.name for path in ROOT.glob("hub/*/__init__.py")))
def test_every_package_has_its_place_in_the_architecture(package: str) -> None:
    assert f"`hub/{package}`" in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("connector", CONNECTORS)
def test_every_connector_is_listed(connector: str) -> None:
    assert f"(connectors/{connector}/README.md)" in README
    assert f"]({connector})" in (ROOT / "connectors" / "README.md").read_text(encoding="utf-8")
    assert f"[connectors.{connector}]" in (ROOT / "hub.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", [*PAGES, "connectors/README.md", ".github/CONTRIBUTING.md"])
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target
