"""The items of the catalogue: a tool, a resource template and a prompt, each tied to its connector."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hub.catalog.uris import UriTemplate
from hub.connector.base import Connector
from hub.connector.declare import PromptDeclaration, ResourceDeclaration, ToolDeclaration
from hub.connector.schema import Parameters

if TYPE_CHECKING:
    import jsonschema_rs


IDEMPOTENCY_KEY = "idempotency_key"
"""Argument of every write, unless its author declares one of that name. Writes that do no more harm when done twice
have it too: a repeat has to answer the same."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """What all items share.

    Attributes:
        name: With namespace; what policies match.
        namespace: Of the connector.
        title: For people.
        description: For the model; the method's docstring.
        connector: Where it runs.
        function: The bound method.
        parameters: Its schema.
        deadline: Total seconds of one call.
    """

    name: str
    namespace: str
    title: str
    description: str
    connector: Connector[Any] = field(repr=False)
    function: Callable[..., Any] = field(repr=False)
    parameters: Parameters = field(repr=False)
    deadline: float

    @cached_property
    def validator(self) -> "jsonschema_rs.Validator":
        """The compiled schema; made at first use, since most tools are never called."""
        import jsonschema_rs

        from hub.catalog.schemas import fetch_nothing

        return jsonschema_rs.Draft202012Validator(
            dict(self.parameters.schema), validate_formats=False, retriever=fetch_nothing
        )


@dataclass(frozen=True, kw_only=True)
class ToolItem(Item):
    """A tool.

    Attributes:
        declaration: What its author says of it.
        keyed: The hub offers `idempotency_key` with it, which the method never sees.
    """

    declaration: ToolDeclaration
    keyed: bool = False


@dataclass(frozen=True, kw_only=True)
class ResourceItem(Item):
    """A resource template.

    Attributes:
        uri: The template as clients see it, such as `jira-eu://issue/{key}`: its scheme is the namespace, with
            `-` for `_` since a scheme has no underscores (RFC 3986 section 3.1).
        template: Compiled.
    """

    declaration: ResourceDeclaration
    uri: str
    template: UriTemplate = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class PromptItem(Item):
    """A prompt."""

    declaration: PromptDeclaration


AnyItem = ToolItem | ResourceItem | PromptItem
