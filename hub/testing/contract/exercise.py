"""Makes a connector do everything it offers: tools, resources, prompts, completions, its own check."""

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

from hub.access.principal import LOCAL
from hub.catalog.items import ResourceItem
from hub.errors import HubError
from hub.testing.contract.base import ContractBase, guessed
from hub.testing.hubs import OpenHub

if TYPE_CHECKING:
    from hub.hub import Completion


async def exercise(contract: ContractBase, hub: OpenHub, namespace: str = "") -> dict[str, str]:
    """Use everything once; what each thing said, by its name. Failures are told like answers.

    Args:
        contract: Knows the connector and its calls.
        hub: Where it runs.
        namespace: Which of several instances.
    """
    namespace = namespace or contract.name
    told: dict[str, str] = {}
    for item in contract.tools(hub, namespace):
        told[item.name] = repr(await hub.call(item.name, **contract.arguments(item)))
    for resource in [one for one in hub.hub.resources(LOCAL) if one.namespace == namespace]:
        async for uri in _uris(hub, resource):
            told[f"resource {resource.name}"] = repr(await hub.read(uri))
    for prompt in [one for one in hub.hub.prompts(LOCAL) if one.namespace == namespace]:
        arguments = guessed(prompt)
        if arguments is not None:
            told[f"prompt {prompt.name}"] = repr(await hub.prompt(prompt.name, **arguments))
    try:
        # `hub check`, which shows it, masks what it knows.
        told["verify_access()"] = hub.secrets.redact(await hub.connector(namespace).verify_access())
    except HubError as error:
        told["verify_access()"] = f"{error} {error!r}"
    told["the instructions"] = hub.hub.instructions(LOCAL)
    return told


async def _uris(hub: OpenHub, item: ResourceItem) -> AsyncIterator[str]:
    """One URI of a template, each variable completed; none where a variable has no completion."""
    values: dict[str, str] = {}
    for variable in item.template.variables:
        found: Sequence[str] = ()
        if variable in item.declaration.complete:
            completion: Completion = await hub.hub.complete(LOCAL, "resource", item.uri, variable, "", values)
            found = completion.values
        if not found:
            return
        values[variable] = found[0]
    path = item.uri.partition("{?")[0]
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    yield path
