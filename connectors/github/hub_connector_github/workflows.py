"""Workflows, and what may be said when one is started: the inputs that its file declares."""

import asyncio
from collections.abc import Sequence
from typing import Any

from hub.plugin import ConnectorError, NotFound, Table
from hub_connector_github.models import Run
from hub_connector_github.repository import Repository
from hub_connector_github.shapes import Json, at, counted, first_line, integer, items, mapping, text

_MOST_FILES = 20
_MOST_FILE_BYTES = 256 * 1024
_MOST_INPUTS = 25
_MOST_OPTIONS = 12
_COLUMNS = ("id", "file", "name", "state", "starts on", "inputs (! required)")


async def list_workflows(repository: Repository, search: str) -> Table | str:
    """Workflows with what starts them and the inputs they take.

    Args:
        repository: Where.
        search: Words of the name or file.
    """
    rows, total = await repository.workflows()
    found = [row for row in rows if all(word in _named(row) for word in search.lower().split())]
    note = f"{repository.full_name}: {counted(total, 'workflow')}"
    if search:
        note += f", {len(found)} with {search!r}"
    if not found:
        return f"{note}\nno workflows" + (
            f"; there are {', '.join(file_of(row) for row in rows[:20])}" if rows else ""
        )
    read = found[:_MOST_FILES]
    triggers = await asyncio.gather(*(_triggers(repository, text(row, "path")) for row in read))
    if len(found) > len(read):
        note += f"; the files of the first {len(read)} were read, search narrows"
    return Table(
        columns=_COLUMNS,
        rows=[
            (integer(row, "id"), file_of(row), text(row, "name"), text(row, "state"), *told)
            for row, told in zip(found, [*triggers, *[("not read", "")] * (len(found) - len(read))], strict=True)
        ],
        note=note,
        total=total if total > len(rows) else None,
    )


async def workflow_card(repository: Repository, file: str) -> str:
    """One workflow: its triggers, its inputs in full, and its last runs."""
    found = await repository.workflow(file)
    path = text(found, "path")
    lines = [
        f"workflow {text(found, 'name')} ({path}), id {integer(found, 'id')}: {text(found, 'state')}",
        f"url: {text(found, 'html_url')}",
    ]
    try:
        document = await _document(repository, path)
    except ConnectorError as error:
        lines.append(f"its file could not be read: {error.message}")
    else:
        lines.append(f"starts on: {', '.join(_events(document)) or 'nothing that could be read'}")
        for name, declared in inputs_of(document).items():
            described = first_line(text(declared, "description"), 160)
            lines.append(f"input {_input_told(name, declared)}{f': {described}' if described else ''}")
    rows, total = await repository.runs({}, workflow=file, per_page=10)
    lines.append(f"{counted(total, 'run')}; the last:")
    lines += [f"{run.id} {run.state} {run.event} {run.branch} {run.created}" for run in map(Run.of, rows)]
    return "\n".join(lines)


def file_of(workflow: Json) -> str:
    """Its file's name; its id where it has none of its own in the repository."""
    path = text(workflow, "path")
    name = path.rpartition("/")[2]
    return name if path.startswith(".github/workflows/") else str(integer(workflow, "id"))


def inputs_of(document: Any) -> dict[str, Json]:
    """The inputs a workflow takes when it is started by hand, by name."""
    declared = mapping(at(document, "on"), "workflow_dispatch", "inputs")
    return {str(name): mapping(value) for name, value in list(declared.items())[:_MOST_INPUTS]}


async def _triggers(repository: Repository, path: str) -> tuple[str, str]:
    if not path.startswith(".github/workflows/"):
        return "GitHub itself", ""
    try:
        document = await _document(repository, path)
    except NotFound:
        return "its file is not on the default branch", ""
    except ConnectorError as error:
        return f"unknown: {first_line(error.message, 60)}", ""
    events = _events(document)
    if "workflow_dispatch" not in events:
        return ", ".join(events), ""
    inputs = inputs_of(document)
    return ", ".join(events), ", ".join(_input_told(*item) for item in inputs.items()) or "none"


async def _document(repository: Repository, path: str) -> Any:
    """A workflow file, every scalar as text: YAML would read `on` as true and versions as numbers."""
    content = await repository.file(path)
    if len(content) > _MOST_FILE_BYTES:
        raise ConnectorError(f"{path} is larger than {_MOST_FILE_BYTES // 1024} KiB")
    return await asyncio.to_thread(_parsed, content, path)


def _parsed(content: bytes, path: str) -> Any:
    import yaml

    try:
        return yaml.load(content, Loader=yaml.BaseLoader)  # noqa: S506  it makes texts, lists and mappings only
    except (yaml.YAMLError, RecursionError, UnicodeDecodeError):
        raise ConnectorError(f"{path} is no YAML that can be read") from None


def _events(document: Any) -> list[str]:
    declared = at(document, "on")
    if isinstance(declared, str):
        return [declared]
    names: Sequence[Any] = items(declared) or list(mapping(declared))
    return [name for name in names if isinstance(name, str)][:20]


def _input_told(name: str, declared: Json) -> str:
    """`environment!:choice(staging|production)=staging`."""
    required = "!" if text(declared, "required").lower() == "true" else ""
    kind = text(declared, "type")
    options = "|".join(option for option in items(declared, "options")[:_MOST_OPTIONS] if isinstance(option, str))
    default = text(declared, "default")
    told = f"{name}{required}{f':{kind}' if kind and kind != 'string' else ''}"
    return f"{told}{f'({options})' if options else ''}{f'={first_line(default, 40)}' if default else ''}"


def _named(workflow: Json) -> str:
    return f"{text(workflow, 'name')}\n{text(workflow, 'path')}".lower()
