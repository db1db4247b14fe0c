"""Stage 5: the hub's own quotas."""

from hub.calls.types import Call
from hub.catalog.items import AnyItem
from hub.limits.quotas import Quotas


async def limit(quotas: Quotas, call: Call, item: AnyItem) -> None:
    """Count the call against the quotas of its client, its tool and its connector.

    Raises:
        QuotaExceeded: One of them is used up; then none of them was charged.
    """
    await quotas.take(call.principal.client, item.name, item.namespace)
