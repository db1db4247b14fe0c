"""Names close to a mistyped one."""

from hub.catalog.nearest import nearest

TOOLS = ["prometheus_query", "prometheus_query_range", "jira_search", "jira_get_issue"]


def test_a_typo_finds_the_name() -> None:
    assert nearest("promethues_query", TOOLS)[0] == "prometheus_query"


def test_words_in_another_order_find_the_name() -> None:
    assert nearest("get_issue_jira", TOOLS) == ["jira_get_issue"]


def test_a_name_without_its_prefix_finds_it() -> None:
    assert nearest("query_range", TOOLS) == ["prometheus_query_range"]


def test_what_resembles_nothing_finds_nothing() -> None:
    assert nearest("weather", TOOLS) == []
