"""Stage 5: the hub's own quotas."""

from hub.calls.types import Call
from hub.catalog.items import AnyItem, ToolItem
from hub.limits.quotas import Quotas


async def limit(quotas: Quotas, call: Call, item: AnyItem) -> None:
    """Count the call against the quotas of its client and its tool, and its requests against its connector's.

    Raises:
        QuotaExceeded: One of them is used up; then none of them was charged.
    """
    cost = item.declaration.cost if isinstance(item, ToolItem) else 1
    await quotas.take(call.principal.client, item.name, item.namespace, cost)
