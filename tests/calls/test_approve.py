"""What needs a person's agreement is refused, with the reason."""

from types import SimpleNamespace
from typing import cast

import pytest

from hub.access.policy import Decision
from hub.access.principal import Principal
from hub.calls.approve import approve
from hub.calls.types import Call
from hub.catalog.items import AnyItem
from hub.errors import ApprovalRequired

ITEM = cast("AnyItem", SimpleNamespace(name="jira_create_issue"))
CALL = Call(
    id="c1",
    kind="tool",
    name="jira_create_issue",
    principal=Principal(client="ci-bot", roles=("analyst",), how="key"),
    transport="http",
)


def test_a_call_that_needs_no_approval_passes() -> None:
    approve(Decision("allow", "x"), CALL, ITEM)


def test_a_call_that_needs_one_is_refused_with_why_and_what_to_do() -> None:
    rule = 'roles.analyst.require_approval "jira_create_*"'
    with pytest.raises(ApprovalRequired) as refused:
        approve(Decision("approve", rule), CALL, ITEM)
    text = str(refused.value)
    assert rule in text
    assert "nothing was done" in text
    assert "cannot collect approvals" in text
    assert "require_approval in hub.toml" in text
