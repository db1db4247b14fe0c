"""What a client is shown of an item: the definitions in MCP's lists, as plain dicts free of the SDK."""

from typing import Any

from hub.catalog.items import AnyItem, PromptItem, ResourceItem, ToolItem


def definition(item: AnyItem) -> dict[str, Any]:
    """The entry of the list the item belongs to."""
    match item:
        case ToolItem():
            return tool_definition(item)
        case ResourceItem():
            return resource_definition(item)
        case PromptItem():
            return prompt_definition(item)


def tool_definition(item: ToolItem) -> dict[str, Any]:
    """The `Tool` of tools/list. Annotations leave nothing to a client's defaults."""
    declared = item.declaration
    annotations: dict[str, Any] = {"readOnlyHint": not declared.writes}
    if declared.writes:
        annotations["destructiveHint"] = declared.destructive
        annotations["idempotentHint"] = declared.idempotent
    annotations["openWorldHint"] = True
    return {
        "name": item.name,
        "title": item.title,
        "description": item.description,
        "inputSchema": item.parameters.schema,
        "annotations": annotations,
    }


def is_template(item: ResourceItem) -> bool:
    """Whether the URI has variables; without any it names one resource."""
    return "{" in item.uri


def resource_definition(item: ResourceItem) -> dict[str, Any]:
    """The `Resource` of resources/list, or the `ResourceTemplate` of resources/templates/list."""
    return {
        "uriTemplate" if is_template(item) else "uri": item.uri,
        "name": item.name,
        "title": item.title,
        "description": item.description,
        "mimeType": item.declaration.mime_type,
    }


def prompt_definition(item: PromptItem) -> dict[str, Any]:
    """The `Prompt` of prompts/list; its arguments come from the schema."""
    schema = item.parameters.schema
    required = schema.get("required", ())
    arguments: list[dict[str, Any]] = []
    for name, prop in schema.get("properties", {}).items():
        argument: dict[str, Any] = {"name": name, "required": name in required}
        if description := prop.get("description"):
            argument["description"] = description
        arguments.append(argument)
    return {"name": item.name, "title": item.title, "description": item.description, "arguments": arguments}
