"""A connector's folder with everything the scale asks for, to be changed by tests."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.quality.evidence import Evidence, SuiteRun
from hub.quality.reading import read_claims
from hub.quality.subject import Subject

PROJECT = """
[project]
name = "hub-connector-stock"
version = "0.2.0"
dependencies = ["mcp-integration-hub>=0.1,<1", "packaging>=24"]

[project.entry-points."hub.connectors"]
stock = "hub_connector_stock"
"""

SOURCE = '''
"""What is in stock."""

from typing import Annotated

from hub.plugin import Connector, ConnectorSettings, Secret, hookimpl, resource, tool


class StockSettings(ConnectorSettings):
    api_token: Secret
    url: str = "https://stock.example.com"


class Stock(Connector[StockSettings]):
    @tool(aliases=("find",))
    async def count(self, item: Annotated[str, "Which"]) -> str:
        """Count an item."""
        return (await self.http.get("/items/{item}", path_params={"item": item})).text

    @resource("stock://items")
    async def items(self) -> str:
        """All items."""
        return (await self.http.get("/items")).text


@hookimpl
def hub_connector() -> type[Stock]:
    return Stock
'''

README = """
# Stock

## What it reaches, and with which rights

| tool | scope |
|---|---|
| `count` | `items:read` |

```toml
[connectors.stock]
url = "https://stock.example.com"
api_token = { env = "STOCK_TOKEN" }
```

Resource: `stock://items`.

```
count  item=bolt

7
```

```
count  item=nut

9
```

```
count  item=gear

0
```

## Known limits

None. Checked on 2026-11-22 against a recorded service.

## Removal

`pip uninstall hub-connector-stock`
"""

Look = Callable[..., Evidence]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the connector `stock`, on sys.path."""
    path = tmp_path / "stock"
    (path / "hub_connector_stock").mkdir(parents=True)
    (path / "hub_connector_stock" / "__init__.py").write_text(SOURCE, encoding="utf-8")
    (path / "hub_connector_stock" / "py.typed").touch()
    (path / "tests").mkdir()
    (path / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    (path / "README.md").write_text(README, encoding="utf-8")
    (path / "quality.toml").write_text('tier = "none"\nowner = "Maya"\n', encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(path), *sys.path])
    monkeypatch.setenv("PYTHONPATH", str(path))
    monkeypatch.setitem(sys.modules, "hub_connector_stock", None)
    monkeypatch.delitem(sys.modules, "hub_connector_stock")
    return path


@pytest.fixture
def look(folder: Path) -> Look:
    """Gives what checks look at; `run` takes the place of running the tests."""

    def make(run: SuiteRun | None = None, *, full: bool = False) -> Evidence:
        evidence = Evidence(Subject.at(folder), read_claims(folder), full=full)
        if run is not None:
            vars(evidence)["run"] = run
        return evidence

    return make
