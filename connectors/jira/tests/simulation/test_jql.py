"""Queries: what they find, in which order."""

from collections.abc import Callable
from typing import Any

import pytest
from hub_connector_jira.simulation.jql.errors import JqlError
from hub_connector_jira.simulation.jql.functions import Scope
from hub_connector_jira.simulation.jql.search import search
from hub_connector_jira.simulation.options import SiteOptions
from hub_connector_jira.simulation.store import Store
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.sandbox.story import Story

NOW = 1_799_958_000.0
DEPLOY = Story.beginning(lambda: NOW).deploy_at


@pytest.fixture(scope="module")
def store() -> Store:
    return Store(Story.beginning(lambda: NOW), lambda: NOW, SiteOptions())


Find = Callable[[str], list[str]]


@pytest.fixture(scope="module")
def find(store: Store) -> Find:
    def found(jql: str) -> list[str]:
        scope = Scope(store=store, caller=store.caller, now=store.now)
        return [issue.key for issue in search(jql, scope, store.searchable(), bounded=True)]

    return found


def values(store: Store, field: str, keys: list[str]) -> list[Any]:
    return [store.issue(key).values.get(field) for key in keys]


@pytest.mark.parametrize(
    ("jql", "count"),
    [
        ("project = SHOP", 260),
        ("project = shop", 260),
        ("project = Shop", 260),
        ('project = "10000"', 260),
        ("project in (SHOP, PAY)", 270),
        ("project = SHOP AND key = SHOP-1842", 1),
        ("issuekey in (SHOP-1842, 'SHOP-1843', PAY-37)", 3),
        ("id = 10001842", 1),
        ("Severity = 'Sev 1' AND type = Incident AND statusCategory != Done", 1),
        ("cf[10050] = 10300 AND cf[10054] is not EMPTY", 1),
        ('"Affected customers" >= 4 AND "Affected customers" <= 4', 1),
        ("Region = Germany", 1),
        ("Customers in ('Northwind Outfitters') AND created >= -1d", 2),
        ('"Incident lead" = currentUser()', 1),
        ("watcher = currentUser()", 1),
        ("worklogAuthor = currentUser() AND worklogDate >= startOfDay()", 1),
        ("filter = 10401", 1),
        ("filter = 'Open incidents'", 1),
        ("filter != 10401 AND type = Incident", 5),
        ("sprint = 131", 3),
        ("attachments is not EMPTY AND type = Incident", 1),
        ("resolution = Unresolved AND type = Incident", 1),
        ('assignee = "tomas.rey@shop.example" AND key = SHOP-1793', 1),
        ('assignee = "Tomás Rey" AND key = SHOP-1793', 1),
        ("parent = SHOP-1700 AND key = SHOP-1793", 1),
        ('"Epic Link" = SHOP-1700 AND key = SHOP-1793', 1),
        ("type in subtaskIssueTypes()", 23),
        ("project in projectsLeadByUser('Aiko Brandt') AND type = Incident", 6),
        ("votes > 0 OR key = SHOP-1842", 1),
        ("issue in watchedIssues()", 1),
    ],
)
def test_what_a_query_counts(find: Find, jql: str, count: int) -> None:
    assert len(find(jql)) == count


def test_both_sides_of_a_comparison_make_the_whole_when_no_value_is_empty(find: Find) -> None:
    everything = set(find("project = SHOP"))
    same, other = set(find("project = SHOP AND status = Done")), set(find("project = SHOP AND status != Done"))
    assert same | other == everything
    assert not same & other
    assert set(find("project = SHOP AND NOT status = Done")) == other
    assert set(find("project = SHOP AND status not in (Done)")) == other
    assert set(find("project = SHOP AND !(status = Done)")) == other


def test_empty_fields_are_found_by_empty_alone(find: Find, store: Store) -> None:
    nobody = set(find("project = SHOP AND assignee is EMPTY"))
    assert nobody
    assert nobody == {key for key in find("project = SHOP") if "assignee" not in store.issue(key).values}
    assert nobody == set(find("project = SHOP AND assignee = NULL"))
    assert not nobody & set(find("project = SHOP AND assignee != currentUser()"))
    assert not nobody & set(find("project = SHOP AND assignee not in (currentUser())"))
    assert nobody < set(find("project = SHOP AND assignee in (currentUser(), EMPTY)"))
    assert set(find("project = SHOP AND assignee is not EMPTY")) == set(find("project = SHOP")) - nobody


def test_an_unresolved_issue_is_one_without_a_resolution(find: Find) -> None:
    unresolved = find("project = SHOP AND resolution = Unresolved")
    assert 30 < len(unresolved) < 100
    assert unresolved == find("project = SHOP AND resolution is EMPTY")
    assert unresolved == find("project = SHOP AND resolution in (Unresolved)")
    resolved = set(find("project = SHOP AND resolution != Unresolved"))
    assert resolved == set(find("project = SHOP")) - set(unresolved)
    assert set(find("project = SHOP AND resolution != Duplicate")) < resolved
    assert find("filter = 'Bugs customers told us about'")


def test_and_binds_more_closely_than_or(find: Find) -> None:
    loose = find("project = PAY OR project = SHOP AND type = Incident")
    assert len(loose) == 16
    assert len(find("(project = PAY OR project = SHOP) AND type = Incident")) == 6
    assert find("project = PAY || project = SHOP && type = Incident") == loose


def test_a_project_the_caller_may_not_browse_is_never_found(find: Find) -> None:
    assert {key.split("-")[0] for key in find("created is not EMPTY")} == {"SHOP", "PAY", "OPS"}


@pytest.mark.parametrize(
    ("jql", "finds"),
    [
        ("summary ~ 'tax region'", "SHOP-1842"),
        ("summary ~ 'region tax'", "SHOP-1842"),
        ("summary ~ 'ORDERS answer'", "SHOP-1842"),
        ("summary ~ '\"without a tax region\"'", "SHOP-1842"),
        ("summary ~ 'check*'", "SHOP-1842"),
        ("summary ~ 'ch?ckout'", "SHOP-1842"),
        ("text ~ KeyError", "SHOP-1842"),
        ("description ~ 'tax_region'", "SHOP-1842"),
        ("comment ~ 'Northwind called'", "SHOP-1842"),
        ("'Customer impact' ~ 'before 2024'", "SHOP-1842"),
        ("text ~ 'keyerror -northwind'", "SHOP-1793"),
    ],
)
def test_words_are_found(find: Find, jql: str, finds: str) -> None:
    found = find(jql)
    if "-northwind" in jql:
        assert "SHOP-1842" not in found
    else:
        assert finds in found
        assert len(found) < 60


def test_words_that_are_not_there_are_not_found(find: Find) -> None:
    assert find("summary ~ '\"region tax\"'") == []
    assert "SHOP-1842" not in find("project = SHOP AND summary !~ region")
    assert find("text ~ 'tax zebra'") == []
    assert "SHOP-1842" in find("text ~ 'tax OR zebra'")


def test_moments_are_absolute_relative_or_at_the_edge_of_a_day(find: Find, store: Store) -> None:
    at = store.now
    for jql, since in (
        ("created >= -7d", at - 7 * 86_400_000),
        ("created >= '-1w'", at - 7 * 86_400_000),
        ("created >= startOfDay()", round(DEPLOY.replace(hour=0, minute=0).timestamp() * 1000)),
        ("created >= '2027-01-14 14:05'", round(DEPLOY.timestamp() * 1000)),
        ("created >= 2027-01-14", round(DEPLOY.replace(hour=0, minute=0).timestamp() * 1000)),
        ("created >= startOfMonth()", round(DEPLOY.replace(day=1, hour=0, minute=0).timestamp() * 1000)),
        ("created >= startOfYear()", round(DEPLOY.replace(month=1, day=1, hour=0, minute=0).timestamp() * 1000)),
        ("created >= startOfWeek()", round(DEPLOY.replace(day=10, hour=0, minute=0).timestamp() * 1000)),
    ):
        found = find(f"project = SHOP AND {jql}")
        assert found
        assert set(found) == {key for key in find("project = SHOP") if store.issue(key).values["created"] >= since}
    assert find("created > now()") == []
    assert find("created > endOfDay(-1d) AND created < endOfDay()") == find("created >= startOfDay()")
    assert len(find("project = SHOP AND created <= now()")) == 260


def test_sprints_are_found_by_state_name_and_id(find: Find) -> None:
    active = find("project = SHOP AND sprint in openSprints()")
    assert "SHOP-1842" in active
    assert set(active) == set(find("sprint = 'Checkout Sprint 47'")) == set(find("sprint in (113)"))
    assert set(find("sprint in futureSprints()")) & set(find("sprint in closedSprints()")) == set()
    assert find("sprint is EMPTY AND sprint in closedSprints()") == []


def test_history_tells_what_was(find: Find) -> None:
    assert find("key = SHOP-1842 AND status was 'To Do'")
    assert find("key = SHOP-1842 AND status was not Done")
    assert not find("key = SHOP-1842 AND status was in (Done, Mitigated)")
    assert find("key = SHOP-1842 AND status changed FROM 'To Do' TO Investigating BY currentUser()")
    assert find("key = SHOP-1842 AND status changed AFTER '2027-01-14 14:06'")
    assert not find("key = SHOP-1842 AND status changed BEFORE '2027-01-14 14:06'")
    assert find("key = SHOP-1842 AND status changed DURING ('2027-01-14', '2027-01-15')")
    assert find("key = SHOP-1842 AND status changed ON '2027-01-14'")
    assert not find("key = SHOP-1842 AND status changed TO Investigating BY 'Tomás Rey'")
    assert find("key = SHOP-1842 AND assignee was EMPTY")
    assert find("key = SHOP-1842 AND assignee changed TO currentUser()")
    assert not find("key = SHOP-1843 AND status changed")
    assert find("key = SHOP-1843 AND status was 'To Do' BEFORE now()")


def test_links_are_followed_in_the_words_of_their_direction(find: Find) -> None:
    assert find("issue in linkedIssues(SHOP-1842, 'is caused by')") == ["SHOP-1793"]
    assert find("issue in linkedIssues(SHOP-1793, causes)") == ["SHOP-1842"]
    assert find("issue in linkedIssues('SHOP-1842', 'is duplicated by')") == ["SHOP-1843"]
    assert "PAY-37" in find("issue in linkedIssues(SHOP-1842)")
    assert "SHOP-1842" in find("issueLinkType = 'is caused by'")
    assert "SHOP-1793" not in find("issueLinkType = 'is caused by'")


def test_versions_and_priorities_have_an_order(find: Find, store: Store) -> None:
    urgent = find("project = SHOP AND priority > Medium")
    assert set(values(store, "priority", urgent)) == {"1", "2"}
    assert len(urgent) + len(find("project = SHOP AND priority <= Medium")) == 260
    assert find("fixVersion in unreleasedVersions(SHOP)") == ["SHOP-1845"]
    assert "SHOP-1793" in find("fixVersion = latestReleasedVersion(SHOP)")
    assert set(find("fixVersion >= 1.42.0")) > set(find("fixVersion = 1.43.0"))


def test_sorting_goes_by_every_field_named_and_puts_empty_ones_last(find: Find, store: Store) -> None:
    found = find("project = SHOP ORDER BY priority DESC, created ASC")
    keys = [(store.issue(key).values["priority"], store.issue(key).values["created"]) for key in found]
    assert keys == sorted(keys)
    assert find("project = SHOP ORDER BY key ASC")[0] == "SHOP-1586"
    assert find("project = SHOP ORDER BY key DESC")[0] == find("project = SHOP")[0] == "SHOP-1845"
    for direction in ("ASC", "DESC"):
        names = values(store, "assignee", find(f"project = SHOP ORDER BY assignee {direction}"))
        assert None not in names[: len(names) - names.count(None)]
    points = values(
        store, "customfield_10028", find("project = SHOP AND 'Story Points' > 0 ORDER BY 'Story Points'")
    )
    assert points == sorted(points)


def test_every_date_of_the_world_lies_before_the_present(store: Store) -> None:
    for issue in store.issues.values():
        assert issue.values["created"] <= issue.values["updated"] <= store.now
        assert all(change.created <= store.now for change in issue.history)
        assert [change.created for change in issue.history] == sorted(change.created for change in issue.history)


WORDS = st.sampled_from(
    [
        "project",
        "=",
        "SHOP",
        "!=",
        "in",
        "not",
        "(",
        ")",
        ",",
        "and",
        "or",
        "AND",
        "NOT",
        "is",
        "EMPTY",
        "was",
        "changed",
        "status",
        "Done",
        "~",
        "'a",
        "b'",
        '"x"',
        "order",
        "by",
        "key",
        "desc",
        "currentUser",
        "(",
        ")",
        "-7d",
        "created",
        ">=",
        "assignee",
        "cf[10050]",
        "#",
        "\\",
        "'",
        '"',
        ";",
        "nosuch",
        "after",
        "during",
        "to",
        "from",
    ]
)


@settings(max_examples=400, deadline=None)
@given(words=st.lists(WORDS, max_size=12))
def test_any_row_of_words_is_answered_or_refused_in_words(store: Store, words: list[str]) -> None:
    scope = Scope(store=store, caller=store.caller, now=store.now)
    refusals: tuple[str, ...] = ("found",)
    try:
        search(" ".join(words), scope, store.searchable(), bounded=True)
    except JqlError as error:
        refusals = error.messages
    assert refusals
    assert all(refusals)


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=40))
def test_any_quoted_text_is_a_value(store: Store, find: Find, text: str) -> None:
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert find(f"labels = {quoted}") == [
        issue.key for issue in sorted(store.searchable(), key=lambda i: -i.id) if text in issue.values["labels"]
    ]
