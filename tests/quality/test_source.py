"""Checks of the source: state in modules, HTTP beside the hub's client, names, ignored types."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.quality.evidence import Evidence
from hub.quality.source import (
    ignored_types,
    names_follow,
    no_state_in_modules,
    only_the_hubs_client,
    other_clients,
    state_changes,
)
from hub.quality.types import strict_types

Look = Callable[..., Evidence]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("kept = {}\ndef f(x):\n    kept[x] = 1", "changes the module's kept"),
        ("kept = []\ndef f(x):\n    kept.append(x)", "changes the module's kept"),
        ("kept: set[int] = set()\nasync def f(x):\n    kept.discard(x)", "changes the module's kept"),
        ("kept = {}\ndef f(x):\n    del kept[x]", "changes the module's kept"),
        ("count = 0\ndef f():\n    global count\n    count += 1", "changes the module's count"),
        ("class A:\n    @classmethod\n    def f(cls):\n        cls.seen = 1", "changes the class's seen"),
    ],
)
def test_state_of_a_module_or_class_is_found(code: str, told: str) -> None:
    assert told in "".join(text for _, text in state_changes(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        "known = {}\ndef f(x):\n    return known[x]",
        "kept = []\ndef f(x):\n    kept = []\n    kept.append(x)",
        "def f(self, x):\n    self.kept[x] = 1",
        "known = {}\nknown['a'] = 1",
        "def f(kept, x):\n    kept.append(x)",
    ],
)
def test_what_is_no_state_is_let_be(code: str) -> None:
    assert list(state_changes(ast.parse(code))) == []


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import requests", "imports requests"),
        ("def f():\n    from urllib import request", "imports urllib.request"),
        ("import http.client", "imports http.client"),
        ("async def f(self):\n    await self.http.run_sdk(work)", "calls run_sdk()"),
        ("if TYPE_CHECKING:\n    import httpx", ""),
        ("import json, urllib.parse", ""),
    ],
)
def test_other_http_clients_and_threads_are_found(code: str, told: str) -> None:
    assert "".join(text for _, text in other_clients(ast.parse(code))) == told


def test_comments_that_ignore_types_are_found_and_texts_about_them_are_not(tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_text('a = 1  # type: ignore[x]\nb = "# type: ignore"\nc = 1  # pyright: ignore\n', encoding="utf-8")
    assert ignored_types(path) == [1, 3]


def test_a_connector_that_follows_the_rules_is_verified(look: Look) -> None:
    for check in (names_follow, no_state_in_modules, only_the_hubs_client):
        assert check(look()).kind == "verified"


def test_a_name_that_does_not_follow_is_told(look: Look, folder: Path) -> None:
    path = folder / "pyproject.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("hub-connector-stock", "stock-tools"), encoding="utf-8"
    )
    assert names_follow(look()).text == "the distribution is 'stock-tools', it should be 'hub-connector-stock'"


def test_types_are_verified_by_pyright(look: Look, folder: Path) -> None:
    assert strict_types(look()).text.endswith(", 1 files")
    path = folder / "hub_connector_stock" / "other.py"
    path.write_text("def f(x):\n    return x\n", encoding="utf-8")
    finding = strict_types(look())
    assert finding.kind == "failed"
    assert "other.py:1" in finding.text


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('-> str:\n        """Count', '-> dict[str, int]:\n        """Count', "count returns dict[str, int]"),
        ('-> str:\n        """Count', '-> "list[object] | dict[str, str]":\n        """Count', "count returns"),
        ("return Stock", "return Stock  # type: ignore[x]", "ignores a type error"),
    ],
)
def test_untyped_results_and_ignores_fail(look: Look, folder: Path, old: str, new: str, told: str) -> None:
    path = folder / "hub_connector_stock" / "__init__.py"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    finding = strict_types(look())
    assert (finding.kind, told in finding.text) == ("failed", True), finding.text


def test_without_pyright_types_are_not_verified(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.quality.types._pyright", lambda: None)
    assert strict_types(look()).kind == "unverified"
