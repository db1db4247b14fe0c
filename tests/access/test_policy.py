from collections.abc import Mapping
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.access.policy import Policy
from hub.access.principal import LOCAL, OPEN, Principal
from hub.config.models import RoleTable

NAMES = st.sampled_from(
    ["jira_search", "jira_delete", "slack_read_channel", "slack_delete", "prometheus_query", "hub_status"]
)
PATTERNS = st.lists(
    st.one_of(
        NAMES, st.sampled_from(["*", "jira_*", "*_delete", "slack_read_*", "*_[qs]*", "?ira_search", "[!j]*"])
    ),
    max_size=3,
).map(tuple)
ROLES = st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.builds(RoleTable, allowed_tools=PATTERNS, denied_tools=PATTERNS, require_approval=PATTERNS),
)


def by_key(*roles: str) -> Principal:
    return Principal(client="ci-bot", roles=roles, how="key")


def oracle(roles: Mapping[str, RoleTable], principal: Principal, name: str, *, builtin: bool) -> str:
    held = [roles[role] for role in principal.roles if role in roles]
    if any(fnmatchcase(name, pattern) for role in held for pattern in role.denied_tools):
        return "deny"
    if any(fnmatchcase(name, pattern) for role in held for pattern in role.require_approval):
        return "approve"
    if builtin:
        return "allow"
    return "allow" if any(fnmatchcase(name, p) for role in held for p in role.allowed_tools) else "deny"


@given(roles=ROLES, held=st.lists(st.sampled_from(["a", "b", "c", "gone"])), name=NAMES, builtin=st.booleans())
def test_deny_beats_approval_beats_allow_over_all_roles(
    roles: dict[str, RoleTable], held: list[str], name: str, builtin: bool
) -> None:
    principal = by_key(*held)
    policy = Policy(roles, enforced=True)
    for _ in range(2):  # the second answer comes from the cache
        decision = policy.decide(principal, name, builtin=builtin)
        assert decision.verdict == oracle(roles, principal, name, builtin=builtin)
        assert decision.visible == (decision.verdict != "deny")


def test_the_decision_names_the_rule_that_made_it() -> None:
    policy = Policy(
        {
            "analyst": RoleTable(
                allowed_tools=("jira_*",), denied_tools=("*_delete",), require_approval=("jira_create",)
            )
        },
        enforced=True,
    )
    who = by_key("analyst")
    assert policy.decide(who, "jira_delete").rule == 'roles.analyst.denied_tools "*_delete"'
    assert policy.decide(who, "jira_create").rule == 'roles.analyst.require_approval "jira_create"'
    assert policy.decide(who, "jira_search").rule == 'roles.analyst.allowed_tools "jira_*"'
    assert policy.decide(who, "slack_post").rule == "no allowed_tools of analyst"
    assert policy.decide(by_key(), "jira_search").rule == "the client has no roles"


def test_empty_lists_deny_everything() -> None:
    policy = Policy({"analyst": RoleTable()}, enforced=True)
    assert policy.decide(by_key("analyst"), "jira_search").verdict == "deny"


@pytest.mark.parametrize(
    "name",
    [
        "Jira_search",
        "jira_search ",
        " jira_search",
        "j\u0456ra_search",
        "jira_search\n",
        "jira-search",
        "\uff4aira_search",
    ],
)
def test_a_look_alike_of_an_allowed_name_is_denied(name: str) -> None:
    policy = Policy({"analyst": RoleTable(allowed_tools=("jira_search",))}, enforced=True)
    assert policy.decide(by_key("analyst"), "jira_search").verdict == "allow"
    assert policy.decide(by_key("analyst"), name).verdict == "deny"


def test_a_local_process_may_do_everything() -> None:
    policy = Policy({"analyst": RoleTable(denied_tools=("*",))}, enforced=True)
    decision = policy.decide(LOCAL, "jira_delete")
    assert (decision.verdict, decision.rule) == ("allow", "local process")


@pytest.mark.parametrize("enforced", [True, False])
def test_local_roles_hold_a_local_process_to_the_same_rules(enforced: bool) -> None:
    roles = {"analyst": RoleTable(allowed_tools=("jira_*",), denied_tools=("*_delete",))}
    policy = Policy(roles, enforced=enforced, local_roles=("analyst",))
    assert policy.restricts(LOCAL)
    assert policy.decide(LOCAL, "jira_search").rule == 'roles.analyst.allowed_tools "jira_*"'
    assert policy.decide(LOCAL, "jira_delete").verdict == "deny"
    assert policy.decide(LOCAL, "slack_post").verdict == "deny"


def test_local_roles_that_are_empty_allow_nothing() -> None:
    policy = Policy({"analyst": RoleTable(allowed_tools=("*",))}, enforced=True, local_roles=())
    assert policy.decide(LOCAL, "jira_search").verdict == "deny"


def test_without_keys_loopback_has_the_local_roles_and_with_keys_none() -> None:
    roles = {"analyst": RoleTable(allowed_tools=("jira_*",))}
    without = Policy(roles, enforced=False, local_roles=("analyst",))
    assert without.decide(OPEN, "jira_search").verdict == "allow"
    assert without.decide(OPEN, "slack_post").verdict == "deny"
    assert Policy(roles, enforced=True, local_roles=("analyst",)).decide(OPEN, "jira_search").verdict == "deny"


def test_the_hubs_own_tools_can_be_put_under_approval() -> None:
    policy = Policy({"a": RoleTable(require_approval=("hub_*",))}, enforced=True)
    assert policy.decide(by_key("a"), "hub_status", builtin=True).verdict == "approve"


def test_without_keys_anybody_on_loopback_may_do_everything() -> None:
    policy = Policy({"analyst": RoleTable(denied_tools=("*",))}, enforced=False)
    assert policy.decide(OPEN, "jira_delete").verdict == "allow"


def test_with_keys_nobody_is_let_in_without_one() -> None:
    policy = Policy({"analyst": RoleTable(allowed_tools=("*",))}, enforced=True)
    assert policy.decide(OPEN, "jira_search").verdict == "deny"


def test_the_hubs_own_tools_need_no_allowing_but_can_be_denied() -> None:
    policy = Policy({"none": RoleTable(), "strict": RoleTable(denied_tools=("hub_*",))}, enforced=True)
    assert policy.decide(by_key("none"), "hub_status", builtin=True).verdict == "allow"
    assert policy.decide(by_key("none", "strict"), "hub_status", builtin=True).verdict == "deny"


def test_the_version_changes_with_the_roles_and_with_nothing_else() -> None:
    roles = {"a": RoleTable(allowed_tools=("jira_*",)), "b": RoleTable()}
    version = Policy(roles, enforced=True).version
    assert Policy(dict(reversed(roles.items())), enforced=True).version == version
    assert Policy({**roles, "b": RoleTable(denied_tools=("x",))}, enforced=True).version != version
    assert Policy(roles, enforced=False).version != version
    assert Policy(roles, enforced=True, local_roles=("a",)).version != version
    assert Policy(roles, enforced=True).decide(by_key("a"), "jira_search").policy == version


def test_remembered_decisions_are_bounded() -> None:
    policy = Policy({"a": RoleTable(allowed_tools=("*",))}, enforced=True)
    for number in range(20_000):
        policy.decide(by_key("a"), f"jira_{number}")
    assert policy._by_roles.cache_info().currsize <= 8192
