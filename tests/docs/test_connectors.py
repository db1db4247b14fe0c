"""Every example of docs/connectors.md does what the page says."""

import asyncio
import os
import re
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from textwrap import indent
from typing import Any, cast

import pytest

import hub.plugin
from hub.plugin import Secret
from hub.testing import OpenHub, Reply, open_hub

ISBN = "9780000000017"
HUB = str(Path(sys.executable).parent / "hub")


def only(blocks: list[Any], *, file: str) -> str:
    (text,) = (block.text for block in blocks if block.file == file)
    return text


@pytest.fixture
def folder(tmp_path: Path, blocks: list[Any], url: str) -> Path:
    """A folder with the page's files in it, and the service's real address in place of the page's."""
    for block in blocks:
        if block.file and block.file != "pyproject.toml":
            text = block.text.replace("http://127.0.0.1:8765", url)
            (tmp_path / block.file).write_text(text, encoding="utf-8")
    return tmp_path


async def printed(command: str, folder: Path) -> str:
    """What a command of the page prints."""
    words = [HUB if word == "hub" else word for word in command.split()]
    process = await asyncio.create_subprocess_exec(
        *words,
        cwd=folder,
        env={**os.environ, "LIBRARY_TOKEN": "secret-of-ada", "COLUMNS": "200"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


def is_as_told(told: list[str], output: str) -> bool:
    """Whether the lines come in this order; `…` stands for anything."""
    pattern = ".*?".join(re.escape(line).replace("…", ".*?") for line in told)
    return re.search(pattern, output, re.DOTALL) is not None


async def test_every_command_prints_what_the_page_shows(folder: Path, blocks: list[Any]) -> None:
    commands = 0
    for block in blocks:
        if block.language != "console":
            continue
        for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
            command, *told = part.rstrip("\n").split("\n")
            output = await printed(command, folder)
            assert is_as_told(told, output), f"{command} printed:\n{output}"
            commands += 1
    assert commands == 4


async def test_the_tests_of_the_page_pass(folder: Path, blocks: list[Any]) -> None:
    """The page's file as the package it is to become, with the metadata pip would have written."""
    (folder / "library.py").rename(folder / "hub_connector_library.py")
    info = folder / "hub_connector_library-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hub-connector-library\nVersion: 1.0\n", "utf-8")
    (entry,) = (block.text for block in blocks if block.file == "pyproject.toml")
    ((name, module),) = tomllib.loads(entry)["project"]["entry-points"]["hub.connectors"].items()
    (info / "entry_points.txt").write_text(f"[hub.connectors]\n{name} = {module}\n", "utf-8")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto"),
        *("-o", "asyncio_default_fixture_loop_scope=function", "test_library.py"),
        cwd=folder,
        env={**{k: v for k, v in os.environ.items() if k != "CI"}, "PYTHONPATH": str(folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    assert re.search(r"\d\d passed", output.decode())


@pytest.fixture
def extended(blocks: list[Any], install_connector: Callable[..., Path]) -> None:
    """The page's connector with all its fragments: what stands alone in the module, the rest in the class."""
    fragments = [block.text for block in blocks if block.language == "python" and not block.file]
    outside = [text for text in fragments if text.startswith(("class ", "async def _"))]
    members = [text for text in fragments if text not in outside]
    assert (len(outside), len(members)) == (2, 7)
    library = only(blocks, file="library.py").partition("@hookimpl")[0]
    source = "\n".join(
        [
            library,
            f"from hub.plugin import {', '.join(hub.plugin.__all__)}",
            "from dataclasses import replace",
            "from typing import Literal",
            "from pydantic import Field",
            "class ExtendedSettings(LibrarySettings):\n    client_id: str | None = None\n    user: str = 'ada'",
            *outside,
            "class Extended(Library):\n    settings_type = ExtendedSettings\n",
            indent("\n".join(members), "    "),
            "@hookimpl\ndef hub_connector():\n    return Extended",
        ]
    )
    install_connector("library", source)


@pytest.mark.usefixtures("extended")
async def test_every_fragment_of_the_page_works(url: str, service: Any) -> None:
    table = {"url": url, "api_token": Secret("app-secret"), "client_id": "app", "read_only": False}
    async with open_hub({"connectors": {"library": table}}) as opened:
        overdue = await ok(opened, "overdue", sort="reader")
        assert "Bo" in overdue.text
        reviews = await ok(opened, "reviews", isbn=ISBN)
        assert "Good." in reviews.text
        assert 'cursor="p2"' in reviews.text
        refused = await opened.call("library_give_back", isbn=ISBN)
        assert (refused.error, "find_books" in refused.text) == ("invalid_request", True)
        await ok(opened, "lend_book", isbn=ISBN, reader="Grace")
        assert "is back" in (await ok(opened, "give_back", isbn=ISBN)).text
        assert "library_find_books" in (await opened.prompt("library_reading_list", topic="towers")).text
        assert (await opened.read(f"library://book/{ISBN}/loans")).ok
        async with opened.client() as client:
            from mcp_types import ResourceTemplateReference

            reference = ResourceTemplateReference(uri="library://book/{isbn}/loans")
            completed = await client.complete(reference, {"name": "isbn", "value": "978000000001"})
            assert completed.completion.values == [ISBN]
    assert "Bearer obtained" in service.tokens


@pytest.mark.usefixtures("extended")
async def test_what_the_page_asks_is_asked_before_anything_is_lost(url: str, service: Any) -> None:
    from mcp.client import Client
    from mcp_types import ElicitResult

    from hub.access.principal import LOCAL
    from hub.server.identity import Caller
    from hub.server.server import HubServer

    answers = [ElicitResult(action="accept", content={"really": really}) for really in (False, True)]

    async def answer(*_: Any) -> ElicitResult:
        return answers.pop(0)

    table = {"url": url, "api_token": Secret("secret-of-ada"), "read_only": False, "client_id": "app"}
    async with open_hub({"connectors": {"library": table}}) as opened:
        server = HubServer(opened.hub, fallback=Caller(LOCAL, "memory"))
        async with Client(server, elicitation_callback=cast("Any", answer)) as client:
            kept = await client.call_tool("library_discard", {"isbns": [ISBN]})
            assert "Nothing was discarded" in str(kept.content)
            assert ISBN in service.books
            gone = await client.call_tool("library_discard", {"isbns": [ISBN]})
            assert "Discarded 1 books" in str(gone.content)
    assert ISBN not in service.books


async def ok(opened: OpenHub, tool: str, **arguments: Any) -> Reply:
    reply = await opened.call(f"library_{tool}", **arguments)
    assert reply.ok, reply.text
    return reply
