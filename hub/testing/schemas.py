"""Snapshots of tool definitions: what a client sees of a tool changes only when somebody says so."""

import difflib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.access.principal import LOCAL
from hub.catalog.definitions import tool_definition
from hub.catalog.items import IDEMPOTENCY_KEY, ToolItem
from hub.testing.hubs import OpenHub

if TYPE_CHECKING:
    from hub.connector.base import Connector


def assert_tool_schemas(tools: "type[Connector[Any]] | OpenHub", folder: Path | str) -> None:
    """Compare every tool, as a client sees it but for what the hub adds, with the JSON file of its name.

    A file that is missing is written; with the variable `CI` set it fails the test instead, so that none is
    forgotten. A definition that has changed fails with the difference. To accept it, delete the file and run the
    test again.

    Args:
        tools: The class of a connector that has a sandbox, whose settings it is built with; or an open hub, whose
            tools are compared all but the hub's own.
        folder: Where the files are.

    Raises:
        AssertionError: A definition is new, gone or different.
    """
    folder = Path(folder)
    items = _tools_of_hub(tools) if isinstance(tools, OpenHub) else _tools_of_class(tools)
    shown = {item.declaration.name: _text_of(item) for item in items}
    compare(shown, folder)


def compare(shown: Mapping[str, str], folder: Path) -> None:
    """Compare texts with the files of a folder; see `assert_tool_schemas`.

    Args:
        shown: By the name of the file without `.json`.
        folder: Where the files are.

    Raises:
        AssertionError: They differ.
    """
    problems: list[str] = []
    for name, text in shown.items():
        path = folder / f"{name}.json"
        if not path.exists():
            if os.environ.get("CI"):
                problems.append(f"{path} is missing: run the tests once outside CI, and commit what they write")
            else:
                folder.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        elif (known := path.read_text(encoding="utf-8")) != text:
            lines = difflib.unified_diff(
                known.splitlines(), text.splitlines(), f"{path} (accepted)", f"{name} (now)", lineterm="", n=2
            )
            problems.append("\n".join(lines) + f"\nTo accept this, delete {path} and run the test again")
    gone = sorted(path for path in folder.glob("*.json") if path.stem not in shown)
    problems += [
        f"{path} describes a tool that is no longer there: delete it; if the tool was renamed, keep its old name as"
        " an alias for one minor version"
        for path in gone
    ]
    if problems:
        raise AssertionError("\n\n".join(["what clients see of the tools has changed", *problems]))


def _text_of(item: ToolItem) -> str:
    shown = tool_definition(item)
    # What the hub adds is not the author's: the argument for writes, and the marks of a sandbox.
    if item.keyed:
        schema = item.parameters.schema
        own = {name: told for name, told in schema["properties"].items() if name != IDEMPOTENCY_KEY}
        shown["inputSchema"] = {**schema, "properties": own}
    shown["title"] = item.title.removeprefix("Sandbox: ")
    shown["description"] = item.description.removeprefix("Sandbox, invented data. ")
    return json.dumps(shown, indent=2, ensure_ascii=False) + "\n"


def _tools_of_hub(opened: OpenHub) -> list[ToolItem]:
    return [item for item in opened.hub.tools(LOCAL) if item.namespace != "hub"]


def _tools_of_class(cls: "type[Connector[Any]]") -> list[ToolItem]:
    """The tools of a connector built from its sandbox's settings; nothing is opened."""
    from hub.catalog.build import build_items
    from hub.config.models import ConnectorTable
    from hub.connector.base import ConnectorContext, settings_of
    from hub.http.client import ServiceClient
    from hub.testing.installed import installed

    sandbox = cls.sandbox()
    if sandbox is None:
        raise AssertionError(
            f"{cls.__name__} has no sandbox to take settings from; pass an open hub: "
            "async with open_hub(config) as hub: assert_tool_schemas(hub, folder)"
        )
    settings = settings_of(cls).model_validate(sandbox.settings("http://127.0.0.1:9"))
    context = ConnectorContext(namespace=installed(cls).name, open_service=ServiceClient)
    built = build_items(cls(settings, context), ConnectorTable(read_only=False))
    if built.refusals:
        raise AssertionError(f"not offered: {'; '.join(built.refusals)}")
    return [item for item in built.items if isinstance(item, ToolItem)]
