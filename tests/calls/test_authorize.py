"""What a denied caller learns: nothing."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from hub.access.policy import Policy
from hub.access.principal import Principal
from hub.calls.authorize import Hidden, authorize
from hub.calls.types import Call
from hub.catalog.items import AnyItem
from hub.config.models import RoleTable
from hub.errors import UnknownName

POLICY = Policy(
    {
        "analyst": RoleTable(
            allowed_tools=("jira_*",), denied_tools=("*_delete",), require_approval=("jira_create",)
        )
    },
    enforced=True,
)


def item(name: str) -> AnyItem:
    return cast("AnyItem", SimpleNamespace(name=name))  # its name is all this stage may look at


def call(name: str, **rest: Any) -> Call:
    principal = Principal(client="ci-bot", roles=("analyst",), how="key")
    return Call(id="c1", kind="tool", name=name, principal=principal, transport="http", **rest)


def test_an_allowed_call_passes_with_its_rule() -> None:
    decision = authorize(POLICY, call("jira_search"), item("jira_search"))
    assert (decision.verdict, decision.rule) == ("allow", 'roles.analyst.allowed_tools "jira_*"')


def test_a_call_that_needs_an_approval_goes_on_to_that_stage() -> None:
    assert authorize(POLICY, call("jira_create"), item("jira_create")).verdict == "approve"


@pytest.mark.parametrize("name", ["jira_delete", "slack_post"])
@pytest.mark.parametrize("near", [[], ["jira_search", "jira_list"]])
def test_a_denied_name_reads_exactly_like_an_unknown_one(name: str, near: list[str]) -> None:
    with pytest.raises(UnknownName) as denied:
        authorize(POLICY, call(name), item(name), lambda: near)
    unknown = UnknownName("tool", name, near)
    assert str(denied.value) == str(unknown)
    assert (denied.value.message, denied.value.hint, denied.value.code, denied.value.retry_after) == (
        unknown.message,
        unknown.hint,
        unknown.code,
        unknown.retry_after,
    )


def test_the_audit_log_can_tell_a_denial_and_its_rule() -> None:
    with pytest.raises(Hidden) as denied:
        authorize(POLICY, call("jira_delete"), item("jira_delete"))
    assert denied.value.audit_code == "denied"
    assert denied.value.decision.rule == 'roles.analyst.denied_tools "*_delete"'


def test_the_item_decides_and_not_what_the_caller_wrote() -> None:
    with pytest.raises(Hidden):
        authorize(POLICY, call("jira_search"), item("jira_delete"))


def test_near_names_are_looked_for_only_on_a_denial() -> None:
    def near() -> list[str]:
        raise AssertionError("not asked for")

    authorize(POLICY, call("jira_search"), item("jira_search"), near)


def test_the_hubs_own_tools_need_no_allowing() -> None:
    assert authorize(POLICY, call("hub_status"), item("hub_status"), builtin=True).verdict == "allow"
