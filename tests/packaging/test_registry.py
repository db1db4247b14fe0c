"""What the MCP Registry is told of the hub fits its schema and agrees with the package."""

import json
import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

import hub

ROOT = Path(__file__).parents[2]
PROJECTS = [ROOT / "pyproject.toml", *sorted(ROOT.glob("connectors/*/pyproject.toml"))]


@pytest.fixture(scope="module")
def server() -> dict[str, Any]:
    return json.loads((ROOT / ".github" / "server.json").read_text(encoding="utf-8"))


def project(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))["project"]


def test_it_fits_the_schema_it_names(server: dict[str, Any]) -> None:
    (date,) = re.findall(r"/schemas/([0-9-]+)/server\.schema\.json$", server["$schema"])
    folder = files("skillsaw") / "schemas" / "mcp_registry" / f"v{date.replace('-', '_')}"
    schema = json.loads((folder / "server.schema.json").read_text(encoding="utf-8"))
    assert schema["$id"] == server["$schema"]
    validator = jsonschema_rs.validator_for(schema)
    assert [error.message for error in validator.iter_errors(server)] == []
    assert not validator.is_valid({**server, "description": "x" * 101})


def test_all_versions_are_equal(server: dict[str, Any]) -> None:
    (package,) = server["packages"]
    assert {server["version"], package["version"]} == {hub.__version__}
    assert package["identifier"] == project(ROOT / "pyproject.toml")["name"]


def test_the_readme_says_who_owns_the_name(server: dict[str, Any]) -> None:
    assert f"mcp-name: {server['name']} " in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_program_it_starts_is_there(server: dict[str, Any]) -> None:
    (package,) = server["packages"]
    scripts = project(ROOT / "pyproject.toml")["scripts"]
    assert scripts[package["identifier"]] == scripts["hub"]
    assert [argument.get("name") or argument["value"] for argument in package["packageArguments"]] == [
        "serve",
        "--stdio",
        "--config",
    ]


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.parent.name)
def test_metadata_is_complete(path: Path) -> None:
    about = project(path)
    assert {"description", "readme", "license", "license-files", "authors", "keywords", "urls"} <= set(about)
    assert about["requires-python"] == ">=3.11"
    versions = [c.rpartition(" ")[2] for c in about["classifiers"] if re.search(r":: 3\.\d+$", c)]
    assert versions == ["3.11", "3.12", "3.13", "3.14"]
    assert "Typing :: Typed" in about["classifiers"]
    assert all("==" not in requirement for requirement in about["dependencies"])


@pytest.mark.parametrize("path", PROJECTS[1:], ids=lambda path: path.parent.name)
def test_each_connector_is_an_extra_of_the_core(path: Path) -> None:
    about, core = project(path), project(ROOT / "pyproject.toml")
    extras = core["optional-dependencies"]
    name = path.parent.name
    line = f'{name} = ["hub-connector-{name.replace("_", "-")}>=0.1,<1"]'
    assert extras.get(name) == [f"{about['name']}>=0.1,<1"], f"add to [project.optional-dependencies]: {line}"
    (everything,) = extras["all"]
    assert name in re.findall(r"[a-z0-9_-]+", everything.partition("[")[2]), f"add {name} to the extra `all`"
    assert any(r.startswith("mcp-integration-hub>=") and ",<" in r for r in about["dependencies"])
