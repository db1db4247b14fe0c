"""A small connector that keeps the contract, and ways to spoil it."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.testing import ConnectorContract

SHOP = '''
"""A shop's orders."""

from collections.abc import Mapping
from typing import Annotated, Any

from hub.plugin import (
    Connector, ConnectorSettings, Id, NotFound, Sandbox, Secret, Table, hookimpl, prompt, resource, tool
)


class ShopSettings(ConnectorSettings):
    api_token: Secret
    url: str = "https://shop.example.com"


async def complete_order(connector: "Shop", prefix: str) -> list[str]:
    rows = await connector.orders("open")
    return [str(row["id"]) for row in rows if str(row["id"]).startswith(prefix)]


class Shop(Connector[ShopSettings]):
    title = "Shop"

    def auth_headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.settings.api_token.get_secret_value()}"}

    async def verify_access(self) -> str:
        return "Shop of " + (await self.http.get("/me")).json()["name"]

    async def orders(self, status: str) -> list[dict[str, Any]]:
        return (await self.http.get("/orders", params={"status": status})).json()["orders"]

    @tool()
    async def list_orders(self, status: Annotated[str, "Their status"] = "open") -> Table:
        """List orders, newest first."""
        rows = await self.orders(status)
        return Table(columns=["id", "total"], rows=[[row["id"], row["total"]] for row in rows])

    @tool(writes=True)
    async def cancel_order(self, order: Annotated[str, Id(r"[0-9]+"), "Its number"]) -> str:
        """Cancel an order."""
        await self.http.post("/orders/{order}/cancel", path_params={"order": order})
        return f"cancelled {order}"

    @resource("shop://order/{order}", complete={"order": complete_order})
    async def order(self, order: str) -> str:
        """An order."""
        found = [row for row in await self.orders("open") if str(row["id"]) == order]
        if not found:
            raise NotFound(f"there is no order {order}")
        return str(found[0])

    @prompt()
    async def review(self, customer: Annotated[str, "Who"]) -> str:
        """Review a customer's orders."""
        return f"Review the orders of {customer}."

    @classmethod
    def sandbox(cls) -> Sandbox:
        from starlette.applications import Starlette
        from starlette.requests import Request
        from starlette.responses import JSONResponse
        from starlette.routing import Route

        async def me(_: Request) -> JSONResponse:
            return JSONResponse({"name": "Maya"})

        async def orders(_: Request) -> JSONResponse:
            return JSONResponse({"orders": [{"id": 7, "total": 12.5}, {"id": 8, "total": 3}]})

        async def cancel(_: Request) -> JSONResponse:
            return JSONResponse({})

        paths = {"/me": me, "/orders": orders, "/orders/{id}/cancel": cancel}
        return Sandbox(
            app=Starlette(routes=[Route(path, answer, methods=["GET", "POST"]) for path, answer in paths.items()]),
            settings=lambda url: {"url": url, "api_token": Secret("sandbox-token-71")},
            try_calls=(("list_orders", {}),),
        )


@hookimpl
def hub_connector() -> type[Shop]:
    return Shop
'''

PROJECT = """
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "hub-connector-shop"
version = "0.1.0"
dependencies = ["mcp-integration-hub>=0.1,<1"]

[project.entry-points."hub.connectors"]
shop = "hub_connector_shop"

[tool.hatch.build.targets.wheel]
packages = ["hub_connector_shop"]
"""

CONTRACT = """
from hub.testing import ConnectorContract
from hub_connector_shop import Shop


class TestContract(ConnectorContract):
    connector = Shop
"""

Contract = Callable[..., ConnectorContract]


@pytest.fixture(autouse=True)
def _outside_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    """Snapshots are written at the first run, which CI forbids."""
    monkeypatch.delenv("CI", raising=False)


@pytest.fixture
def shop_folder(tmp_path: Path) -> Path:
    """The sources of the shop as its author has them, with the contract in three lines; nothing is installed."""
    folder = tmp_path / "shop"
    (folder / "hub_connector_shop").mkdir(parents=True)
    (folder / "hub_connector_shop" / "__init__.py").write_text(SHOP, encoding="utf-8")
    (folder / "tests").mkdir()
    (folder / "tests" / "test_contract.py").write_text(CONTRACT, encoding="utf-8")
    (folder / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    return folder


@pytest.fixture
def contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Contract:
    """Puts the shop on sys.path, some of its source replaced, and gives a contract for it.

    `attributes` are those of the contract's subclass.
    """

    def make(*replaced: tuple[str, str], **attributes: object) -> ConnectorContract:
        source = SHOP
        for old, new in replaced:
            assert source.count(old) == 1, old
            source = source.replace(old, new)
        site = tmp_path / "site"
        info = site / "hub_connector_shop-0.1.0.dist-info"
        info.mkdir(parents=True)
        (site / "hub_connector_shop.py").write_text(source, encoding="utf-8")
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hub-connector-shop\nVersion: 0.1.0\n")
        (info / "entry_points.txt").write_text("[hub.connectors]\nshop = hub_connector_shop\n")
        monkeypatch.setattr(sys, "path", [str(site), *sys.path])
        monkeypatch.setenv("PYTHONPATH", str(site))  # for what runs in a process of its own
        monkeypatch.delitem(sys.modules, "hub_connector_shop", raising=False)
        module = importlib.import_module("hub_connector_shop")
        monkeypatch.setitem(sys.modules, "hub_connector_shop", module)
        own: dict[str, object] = {"connector": module.Shop, "schemas": tmp_path / "schemas", **attributes}
        return type("ShopContract", (ConnectorContract,), own)()

    return make
