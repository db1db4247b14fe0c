"""All items of a hub at one time; a reload makes a new catalogue."""

from collections.abc import Iterable, Mapping

from hub.catalog.items import AnyItem, PromptItem, ResourceItem, ToolItem


class Catalog:
    """Tools, resource templates and prompts in a fixed order: by connector, then as their author wrote them.

    Attributes:
        tools: By name.
        renamed: Tools by a name they had before.
        resources: All of them.
        prompts: By name.
    """

    def __init__(self, items: Iterable[AnyItem]) -> None:
        ordered = sorted(items, key=lambda item: item.namespace)
        self.tools: Mapping[str, ToolItem] = {i.name: i for i in ordered if isinstance(i, ToolItem)}
        self.renamed: Mapping[str, ToolItem] = {
            f"{item.namespace}_{alias}": item for item in self.tools.values() for alias in item.declaration.aliases
        }
        self.resources: tuple[ResourceItem, ...] = tuple(i for i in ordered if isinstance(i, ResourceItem))
        self.prompts: Mapping[str, PromptItem] = {i.name: i for i in ordered if isinstance(i, PromptItem)}

    def resource(self, uri: str) -> tuple[ResourceItem, dict[str, str]] | None:
        """The template a URI belongs to, with the variables in it."""
        for item in self.resources:
            if (variables := item.template.match(uri)) is not None:
                return item, variables
        return None

    def template(self, uri: str) -> ResourceItem | None:
        """The item whose template is written exactly so."""
        return next((item for item in self.resources if item.uri == uri), None)
