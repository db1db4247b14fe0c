"""The promise of docs/versioning.md: what hub.plugin and hub.testing offer stays for a major version."""

import importlib
import inspect
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest
from pydantic import BaseModel

FOLDER = Path(__file__).parent / "promise"
PUBLIC = ("hub.plugin", "hub.testing")
HEAVY = (
    "mcp",
    "httpx",
    "aiohttp",
    "requests",
    "uvicorn",
    "jwt",
    "cryptography",
    "limits",
    "jsonschema_rs",
    "typer",
)
NOT_FOR_AUTHORS = ("layout",)
REQUIRED, OPTIONAL = "required", "optional"

Shape = dict[str, Any]


@pytest.fixture(params=PUBLIC)
def module(request: pytest.FixtureRequest) -> ModuleType:
    return importlib.import_module(request.param)


def exported(module: ModuleType) -> dict[str, Any]:
    return {name: getattr(module, name) for name in module.__all__}


def test_what_is_exported_is_all_there_is(module: ModuleType) -> None:
    names = list(module.__all__)
    assert len(names) == len(set(names))
    assert not [name for name in names if name.startswith("_")]
    assert set(names) == {
        name for name, value in vars(module).items() if not name.startswith("_") and not inspect.ismodule(value)
    }


def test_everything_exported_says_what_it_is_for(module: ModuleType) -> None:
    for name, value in exported(module).items():
        if not inspect.isclass(value) and not inspect.isroutine(value):
            continue  # a type alias has no docstring of its own
        told = inspect.getdoc(value)
        assert told, name
        assert not told.startswith(f"{name}("), f"{name} has only the docstring that dataclass makes"


def test_every_public_method_says_what_it_is_for(module: ModuleType) -> None:
    for name, value in exported(module).items():
        for member, function in _members(value):
            assert inspect.getdoc(function), f"{name}.{member}"


def test_importing_the_contract_imports_no_server_and_no_http_library() -> None:
    program = f"import sys, hub.plugin; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_importing_the_contract_takes_few_modules() -> None:
    # Modules instead of milliseconds: they are the same on a machine that is busy.
    program = (
        "import sys, pydantic, asyncio, pluggy; import pydantic.main\n"
        "before = len(sys.modules); import hub.plugin; print(len(sys.modules) - before)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 150


def test_nothing_that_was_promised_is_gone_or_asks_for_more(module: ModuleType) -> None:
    """Additions are fine and become part of the promise when their record is renewed."""
    now = {name: shape(value) for name, value in exported(module).items()}
    record = FOLDER / f"{module.__name__}.json"
    if not record.exists():
        assert not os.environ.get("CI"), f"{record} is missing"
        FOLDER.mkdir(exist_ok=True)
        record.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")
    promised = json.loads(record.read_text(encoding="utf-8"))
    broken = list(losses("", promised, now))
    assert not broken, f"{module.__name__} breaks the promise of docs/versioning.md: {'; '.join(broken)}"
    assert json.loads(json.dumps(now)) == promised, (
        f"{module.__name__} offers more than is promised: delete {record} and run this test again"
    )


def test_a_loss_is_noticed() -> None:
    before: Shape = {"f": {"parameters": {"a": REQUIRED, "b": OPTIONAL}}, "g": {"parameters": {}}}
    after: Shape = {"f": {"parameters": {"a": REQUIRED, "b": REQUIRED, "c": REQUIRED}}, "h": {"parameters": {}}}
    assert sorted(losses("", before, after)) == ["f.b is required now", "f.c is new and required", "g is gone"]
    turned: Shape = {**before, "f": {"parameters": {"b": OPTIONAL, "a": REQUIRED}}}
    assert list(losses("", before, turned)) == ["f has its parameters in another order"]
    more: Shape = {**before, "f": {"parameters": {"a": OPTIONAL, "b": OPTIONAL, "c": OPTIONAL}}}
    assert list(losses("", before, more)) == []


def losses(where: str, promised: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """What code written for the promise would miss."""
    for name, wanted in promised.items():
        path = f"{where}{name}"
        if name not in now:
            yield f"{path} is gone"
        elif name == "parameters" and [each for each in now[name] if each in wanted] != list(wanted):
            yield f"{where.rstrip('.')} has its parameters in another order"
        elif isinstance(wanted, dict):
            inner = "" if name == "parameters" else f"{path}."
            yield from losses(where if name == "parameters" else inner, cast("Shape", wanted), now[name])
        elif wanted == OPTIONAL and now[name] == REQUIRED:
            yield f"{path} is required now"
        elif wanted not in (REQUIRED, OPTIONAL) and wanted != now[name]:
            yield f"{path} is {now[name]!r} and no longer {wanted!r}"
    for name in now.keys() - promised.keys():
        if now[name] == REQUIRED:
            yield f"{where}{name} is new and required"


def shape(value: Any) -> Shape:
    """What can be relied upon: parameters with whether they may be left out, and the public members of a class."""
    if not inspect.isclass(value):
        return {"parameters": _parameters(value)} if inspect.isroutine(value) else {"is": type(value).__name__}
    told: Shape = {"members": {name: {"parameters": _parameters(member)} for name, member in _members(value)}}
    if issubclass(value, BaseModel):
        told["members"] |= dict.fromkeys(value.model_fields, "field")
    elif is_dataclass(value) or issubclass(value, Exception):
        told["parameters"] = _parameters(value)
    if issubclass(value, Exception):
        told["bases"] = {base.__name__: "base" for base in value.__mro__[1:] if base.__module__.startswith("hub")}
    return told


def _parameters(value: Any) -> dict[str, str]:
    if not callable(value):  # a property
        return {}
    return {
        name: REQUIRED if parameter.default is parameter.empty else OPTIONAL
        for name, parameter in inspect.signature(value).parameters.items()
        if name != "self" and parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    }


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    """Public methods and properties that the hub's own classes define."""
    if not inspect.isclass(value):
        return
    for name, member in inspect.getmembers_static(value):
        owner = next((base for base in value.__mro__ if name in vars(base)), object)
        if name.startswith(("_", "test_")) or not owner.__module__.startswith("hub"):
            continue
        if name in getattr(value, "__dataclass_fields__", ()):
            continue  # a default that happens to be a function
        if name in NOT_FOR_AUTHORS:
            continue
        if inspect.isroutine(member) or isinstance(member, property):
            yield name, getattr(value, name)
