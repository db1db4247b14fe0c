"""What Jira says of queries it cannot read or resolve."""

from typing import Any

import pytest

Api = Any  # the fixture's own class lives in conftest.py, which tests cannot import

VALUE = "either a value, list or function"
OPERATORS = "'=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'"


@pytest.mark.parametrize(
    ("jql", "message"),
    [
        ("project = SHOP or", "Expecting a field name before the end of the query."),
        ("project", f"Expecting operator before the end of the query. The valid operators are {OPERATORS}."),
        (
            "project SHOP",
            (f"Expecting operator but got 'SHOP'. The valid operators are {OPERATORS}. (line 1, character 9)"),
        ),
        ("project =", "Expecting either a value, list or function before the end of the query."),
        (
            "project == SHOP",
            (
                "Expecting either a value, list or function but got '='. You must surround '=' in "
                "quotation marks to use it as a value. (line 1, character 10)"
            ),
        ),
        ("project = SHOP status = Done", "Expecting either 'OR' or 'AND' but got 'status'. (line 1, character 16)"),
        ("project = SHOP\nAND ) ", "Expecting a field name but got ')'. (line 2, character 5)"),
        ("(project = SHOP", "Expecting ')' before the end of the query."),
        ("project in (SHOP, PAY", "Expecting ')' before the end of the query."),
        ('summary ~ "open', "The quoted string 'open' has not been completed. (line 1, character 11)"),
        (
            "reporter = a@b.c",
            (
                "The character '@' is a reserved JQL character. You must enclose it in a string or use "
                "the escape '\\u0040' instead. (line 1, character 13)"
            ),
        ),
        (
            "labels = # comment",
            (
                "The character '#' is a reserved JQL character. You must enclose it in a string or "
                "use the escape '\\u0023' instead. (line 1, character 10)"
            ),
        ),
        (
            "project = SET",
            (
                "'SET' is a reserved JQL word. You must surround it in quotation marks to use it in a "
                "query. (line 1, character 11)"
            ),
        ),
        ("project = SHOP order by", "Expecting a field name before the end of the query."),
        ("project = SHOP order key", "Expecting 'by' but got 'key'. (line 1, character 22)"),
    ],
)
async def test_what_is_no_query_is_refused_with_the_place(cloud: Api, jql: str, message: str) -> None:
    assert await cloud.complaint(jql) == f"Error in the JQL Query: {message}"


@pytest.mark.parametrize(
    ("jql", "message"),
    [
        ("nosuch = 1", "Field 'nosuch' does not exist or you do not have permission to view it."),
        (
            "project = SHOP order by nosuch",
            "Field 'nosuch' does not exist or you do not have permission to view it.",
        ),
        ("project = NOSUCH", "The value 'NOSUCH' does not exist for the field 'project'."),
        ("project = HR", "The value 'HR' does not exist for the field 'project'."),
        ("status = Open", "The value 'Open' does not exist for the field 'status'."),
        ("assignee = bob", "The value 'bob' does not exist for the field 'assignee'."),
        ("Severity = 'Sev 9'", "The value 'Sev 9' does not exist for the field 'Severity'."),
        ("key = SHOP-9999", "An issue with key 'SHOP-9999' does not exist for field 'key'."),
        ("key = HR-1", "An issue with key 'HR-1' does not exist for field 'key'."),
        (
            "sprint = 'Sprint 99'",
            ("Sprint with name 'Sprint 99' does not exist or you do not have permission to view it."),
        ),
        ("summary = x", "The operator '=' is not supported by the 'summary' field."),
        ("status ~ Done", "The operator '~' is not supported by the 'status' field."),
        ("labels was x", "History searches do not support the 'labels' field."),
        (
            "sprint = openSprints()",
            "Operator '=' does not support the list value 'openSprints()' for field 'sprint'.",
        ),
        ("status in Done", "Operator 'in' does not support the non-list value '\"Done\"' for field 'status'."),
        ("status = (Done)", "Operator '=' does not support the list value '(\"Done\")' for field 'status'."),
        ("assignee = nosuch()", "Unable to find JQL function 'nosuch()'."),
        ("assignee = now()", "A value provided by the function 'now' is invalid for the field 'assignee'."),
        (
            "created > soon",
            (
                "Date value 'soon' for field 'created' is invalid. Valid formats include: "
                "'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format "
                "e.g. '-5d', '4w 2d'."
            ),
        ),
        ("filter = 1", "The value '1' does not exist for the field 'filter'."),
        ("'Story Points' > many", "The value 'many' is not a valid number for the field 'Story Points'."),
        (
            "nosuch = 1 AND status = Open",
            (
                "Field 'nosuch' does not exist or you do not have permission to view it. "
                "The value 'Open' does not exist for the field 'status'."
            ),
        ),
    ],
)
async def test_what_does_not_exist_is_refused_by_name(cloud: Api, jql: str, message: str) -> None:
    assert await cloud.complaint(jql) == message


@pytest.mark.parametrize("jql", ["", "  ", "order by created", "ORDER BY updated DESC, key"])
async def test_a_query_without_a_restriction_is_refused_on_cloud(cloud: Api, jql: str) -> None:
    message = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
    assert await cloud.complaint(jql) == message
    assert await cloud.refusal("POST", "/search/approximate-count", {"jql": jql}) == (400, message)


async def test_a_query_without_a_restriction_finds_everything_on_data_center(server: Api) -> None:
    assert (await server.post("/search", {"jql": "order by key", "maxResults": 0}))["total"] == 273


async def test_at_most_seven_fields_are_sorted_by(cloud: Api) -> None:
    fields = ["key", "created", "updated", "priority", "status", "assignee", "reporter", "summary"]
    assert await cloud.keys(f"key = SHOP-1842 ORDER BY {', '.join(fields[:7])}") == ["SHOP-1842"]
    assert "at most 7" in await cloud.complaint(f"key = SHOP-1842 ORDER BY {', '.join(fields)}")


async def test_queries_can_be_parsed_without_running_them(cloud: Api) -> None:
    answer = await cloud.post("/jql/parse", {"queries": ["project = SHOP", "project ="]}, validation="strict")
    good, bad = answer["queries"]
    assert "errors" not in good
    assert bad["errors"] == [f"Error in the JQL Query: Expecting {VALUE} before the end of the query."]
