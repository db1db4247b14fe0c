"""Checks of the source text: names, state in modules, HTTP beside the hub's client, ignored type errors."""

import ast
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from hub.quality.evidence import Evidence
from hub.quality.finding import Finding, found

NodeT = TypeVar("NodeT", bound=ast.AST)

_ADDING = ("append", "extend", "insert", "add", "update", "setdefault", "appendleft")
_TAKING = ("remove", "pop", "popitem", "clear", "discard", "sort", "reverse")
_CHANGING = frozenset((*_ADDING, *_TAKING))
"""Methods that change a list, dict, set or deque in place."""
_HTTP = ("aiohttp", "httpx", "http.client", "requests", "urllib.request", "urllib3", "pycurl", "websockets")
_THREADS = ("run_sdk", "to_thread", "run_in_executor")
_IGNORES = re.compile(r"#\s*(type:\s*ignore|pyright:)")
_SHOWN = 5
"""Places named in one finding."""


def names_follow(evidence: Evidence) -> Finding:
    """Folder, entry point, distribution and package are named alike."""
    subject = evidence.subject
    wanted = {
        "the folder": (subject.folder.name.removeprefix("hub-connector-").replace("-", "_"), subject.name),
        "the distribution": (subject.distribution, f"hub-connector-{subject.name.replace('_', '-')}"),
        "the package": (subject.package, f"hub_connector_{subject.name}"),
    }
    return found(
        [f"{what} is {given!r}, it should be {due!r}" for what, (given, due) in wanted.items() if given != due],
        subject.name,
    )


def no_state_in_modules(evidence: Evidence) -> Finding:
    """No function changes what stands at the top of a module or on a class."""
    root = evidence.subject.source.parent
    problems = [
        f"{path.relative_to(root)}:{line} {told}"
        for path in evidence.subject.files
        for line, told in state_changes(ast.parse(path.read_text(encoding="utf-8")))
    ]
    return found(problems[:_SHOWN], f"{len(evidence.subject.files)} modules")


def state_changes(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Where a function changes state of its module or class: the line, and what it does."""
    top = {
        name.id
        for statement in tree.body
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        for target in (statement.targets if isinstance(statement, ast.Assign) else [statement.target])
        for name in ast.walk(target)
        if isinstance(name, ast.Name)
    }
    for function in _all(tree, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda):
        shared = top - _bound(function)
        for node in ast.walk(function):
            match node:
                case ast.Global(names=names):
                    yield node.lineno, f"changes the module's {', '.join(names)}; keep it on the connector"
                case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()) if name in shared:
                    yield node.lineno, f"changes the module's {name}; keep it on the connector"
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if (
                    name in shared and method in _CHANGING
                ):
                    yield node.lineno, f"changes the module's {name}; keep it on the connector"
                case ast.Attribute(value=ast.Name(id="cls"), attr=name, ctx=ast.Store()):
                    yield node.lineno, f"changes the class's {name}; keep it on the connector"
                case _:
                    pass


def _bound(function: ast.AST) -> set[str]:
    """Names that a function gives a value of its own."""
    names = {node.id for node in _all(function, ast.Name) if isinstance(node.ctx, ast.Store)}
    return names | {argument.arg for argument in _all(function, ast.arg)}


def only_the_hubs_client(evidence: Evidence) -> Finding:
    """No HTTP library is used, and nothing runs in threads."""
    root = evidence.subject.source.parent
    problems = [
        f"{path.relative_to(root)}:{line} {told}"
        for path in evidence.subject.files
        for line, told in other_clients(ast.parse(path.read_text(encoding="utf-8")))
    ]
    return found(problems[:_SHOWN], "no other HTTP client, no threads")


def other_clients(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Where an HTTP library is imported for more than its types, or work is handed to threads."""
    typing_only = {
        id(node)
        for block in _all(tree, ast.If)
        if "TYPE_CHECKING" in ast.dump(block.test)
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Import() | ast.ImportFrom() if id(node) not in typing_only:
                for name in _imported(node):
                    if any(name == library or name.startswith(f"{library}.") for library in _HTTP):
                        yield node.lineno, f"imports {name}"
                        break
            case ast.Call(func=ast.Attribute(attr=method)) if method in _THREADS:
                yield node.lineno, f"calls {method}()"
            case _:
                pass


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]


def ignored_types(path: Path) -> list[int]:
    """Lines whose type errors a comment switches off."""
    with tokenize.open(path) as file:
        return [
            token.start[0]
            for token in tokenize.generate_tokens(file.readline)
            if token.type == tokenize.COMMENT and _IGNORES.match(token.string)
        ]


def _all(tree: ast.AST, *kinds: type[NodeT]) -> Iterator[NodeT]:
    for node in ast.walk(tree):
        if isinstance(node, kinds):
            yield node
