"""The decorators `@tool`, `@resource` and `@prompt`: they mark a method and keep what its author declares."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
Completion = Callable[..., Any]
"""`async (self, prefix) -> Sequence[str]`: values that start with the prefix, best first."""

MARK = "__hub_declaration__"


@dataclass(frozen=True, kw_only=True)
class ToolDeclaration:
    """What the author says of a tool; see `tool`."""

    name: str
    title: str
    writes: bool
    destructive: bool
    idempotent: bool
    scopes: tuple[str, ...]
    cost: int
    sensitive: frozenset[str]
    deadline: float | None
    asks: bool = False
    aliases: tuple[str, ...] = ()
    when: Callable[[Any], bool] | None = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ResourceDeclaration:
    """What the author says of a resource template; see `resource`."""

    name: str
    title: str
    uri: str
    mime_type: str
    grammar: Mapping[str, str]
    complete: Mapping[str, Completion] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class PromptDeclaration:
    """What the author says of a prompt; see `prompt`."""

    name: str
    title: str
    asks: bool = False
    complete: Mapping[str, Completion] = field(repr=False)


Declaration = ToolDeclaration | ResourceDeclaration | PromptDeclaration


def tool(
    *,
    name: str = "",
    title: str = "",
    writes: bool = False,
    destructive: bool = False,
    idempotent: bool = False,
    scopes: Sequence[str] = (),
    cost: int = 1,
    sensitive: Sequence[str] = (),
    deadline: float | None = None,
    asks: bool = False,
    aliases: Sequence[str] = (),
    when: Callable[[Any], bool] | None = None,
) -> Callable[[F], F]:
    """Make a method a tool. The docstring is the description, the signature the schema.

    Args:
        name: Name without the connector's namespace; the method's name if left out.
        title: Name for people; made from `name` if left out.
        writes: It changes something in the service. Never retried, hidden while `read_only` is on.
        destructive: A write that deletes or overwrites.
        idempotent: A write that does no more harm when done twice.
        scopes: Scopes or rights the credential needs, in the vendor's words.
        cost: Requests to the service one call makes, typically.
        sensitive: Parameters whose values the audit log must not hold.
        deadline: Total seconds of a call, if the connector's own deadline does not suit.
        asks: It may ask the caller (`ask` in hub.plugin), always before its first write.
        aliases: Names it had before. They still work, are not listed, and their results tell the new name; keep one
            for a minor version at least.
        when: Asked with the connector; the tool is listed only where it answers True.
    """

    def mark(function: F) -> F:
        chosen = name or function.__name__
        declaration = ToolDeclaration(
            name=chosen,
            title=title or _title(chosen),
            writes=writes,
            destructive=destructive,
            idempotent=idempotent,
            scopes=tuple(scopes),
            cost=cost,
            sensitive=frozenset(sensitive),
            deadline=deadline,
            asks=asks,
            aliases=tuple(aliases),
            when=when,
        )
        setattr(function, MARK, declaration)
        return function

    return mark


def resource(
    uri: str,
    *,
    name: str = "",
    title: str = "",
    mime_type: str = "text/plain",
    grammar: Mapping[str, str] | None = None,
    complete: Mapping[str, Completion] | None = None,
) -> Callable[[F], F]:
    """Make a method a resource. Its parameters are the variables of the URI; without any it is listed as it is.

    Args:
        uri: URI template with simple variables, such as `jira://issue/{key}`, or a URI.
        name: Name without the namespace; the method's name if left out. Policies match on it.
        title: Name for people.
        mime_type: Type of what the method returns.
        grammar: A regular expression per variable that its decoded value has to match as a whole; a variable
            left out takes `[A-Za-z0-9_.:@-]+` without `..`.
        complete: A completion method per variable.
    """

    def mark(function: F) -> F:
        chosen = name or function.__name__
        declaration = ResourceDeclaration(
            name=chosen,
            title=title or _title(chosen),
            uri=uri,
            mime_type=mime_type,
            grammar=dict(grammar or {}),
            complete=dict(complete or {}),
        )
        setattr(function, MARK, declaration)
        return function

    return mark


def prompt(
    *, name: str = "", title: str = "", asks: bool = False, complete: Mapping[str, Completion] | None = None
) -> Callable[[F], F]:
    """Make a method a prompt. It returns Markdown; its parameters are the prompt's arguments, all strings.

    A `Result` of several pieces becomes as many messages of the user.

    Args:
        name: Name without the namespace; the method's name if left out.
        title: Name for people.
        asks: It may ask the caller (`ask` in hub.plugin).
        complete: A completion method per argument.
    """

    def mark(function: F) -> F:
        chosen = name or function.__name__
        declaration = PromptDeclaration(
            name=chosen, title=title or _title(chosen), asks=asks, complete=dict(complete or {})
        )
        setattr(function, MARK, declaration)
        return function

    return mark


def declarations(owner: type) -> dict[str, Declaration]:
    """All declarations of a class by attribute name, in the order of definition, base classes first."""
    found: dict[str, Declaration] = {}
    for base in reversed(owner.__mro__):
        for attribute, value in vars(base).items():
            declaration = getattr(value, MARK, None)
            if declaration is not None:
                found[attribute] = declaration
            elif attribute in found:
                del found[attribute]
    return found


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()
