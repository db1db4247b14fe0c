"""A call is counted for its client, its tool and its connector."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from hub.access.principal import Principal
from hub.calls.limit import limit
from hub.calls.types import Call
from hub.catalog.items import AnyItem
from hub.config.models import LimitsTable
from hub.errors import QuotaExceeded
from hub.limits.quotas import Quotas

ITEM = cast("AnyItem", SimpleNamespace(name="jira_search", namespace="jira"))


def call(client: str = "a") -> Call:
    principal = Principal(client=client, how="key")
    return Call(id="c1", kind="tool", name="Written otherwise", principal=principal, transport="http")


@pytest.mark.parametrize(
    ("table", "same_client_only"),
    [
        ({"per_client": "1/minute"}, True),
        ({"tools": {"jira_search": "1/minute"}}, True),
        ({"connectors": {"jira": "1/minute"}}, False),
    ],
)
async def test_the_second_call_in_a_window_of_one_is_refused(table: dict[str, Any], same_client_only: bool) -> None:
    quotas = Quotas(LimitsTable(**table))
    await limit(quotas, call(), ITEM)
    with pytest.raises(QuotaExceeded) as refused:
        await limit(quotas, call(), ITEM)
    assert refused.value.retry_after is not None
    if same_client_only:
        await limit(quotas, call("b"), ITEM)
    else:
        with pytest.raises(QuotaExceeded):
            await limit(quotas, call("b"), ITEM)
