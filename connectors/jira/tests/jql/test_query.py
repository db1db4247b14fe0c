import pytest
from hub_connector_jira.jql.query import parse, whole

from hub.plugin import InvalidArguments


@pytest.mark.parametrize(
    ("jql", "where", "order"),
    [
        ("project = SHOP", "project = SHOP", ""),
        ("project=SHOP AND status!='In Progress'", 'project = SHOP AND status != "In Progress"', ""),
        ("a = 1 && b = 2 || !(c ~ 'x y')", 'a = 1 AND b = 2 OR NOT (c ~ "x y")', ""),
        ('not a = 1 or b not in (x, "y z", currentUser())', 'NOT a = 1 OR b NOT IN (x, "y z", currentUser())', ""),
        ("resolution is not null and x is EMPTY", "resolution IS NOT EMPTY AND x IS EMPTY", ""),
        ("status was not in (Done) by maya before -1d", "status WAS NOT IN (Done) BY maya BEFORE -1d", ""),
        (
            "status changed from Open to Done during (startOfDay(-7), now())",
            "status CHANGED FROM Open TO Done DURING (startOfDay(-7), now())",
            "",
        ),
        ("sprint in openSprints() order by rank", "sprint IN openSprints()", "rank"),
        ("ORDER BY created desc, 'Story Points'", "", 'created DESC, "Story Points"'),
        ("cf[10016] >= 3", "cf[10016] >= 3", ""),
        ("Story Points > 3 ORDER BY Story Points desc, key", '"Story Points" > 3', '"Story Points" DESC, key'),
        ('issue.property["a.b"].c = 1', "issue.property[a.b].c = 1", ""),
        ("due <= +7d and assignee = maya@shop.example", 'due <= "+7d" AND assignee = "maya@shop.example"', ""),
        ("created > 2026-11-22", "created > 2026-11-22", ""),
        (r'summary ~ "a \"b\" \\ \u0041\tc"', r'summary ~ "a \"b\" \\ A c"', ""),
        ("\u017fummary ~ x", '"\u017fummary" ~ x', ""),
        ("", "", ""),
    ],
)
def test_a_query_is_written_anew(jql: str, where: str, order: str) -> None:
    query = parse(jql)
    assert (query.where, query.order) == (where, order)


@pytest.mark.parametrize(
    ("jql", "complaint"),
    [
        ("project = ", "a value expected, found the end"),
        ("project SHOP", "an operator expected, found the end"),
        ("a contains b and c = d", "an operator expected, found 'and'"),
        ("'a' b = c", "an operator expected, found 'b'"),
        ("project = SHOP status = Open", "unexpected 'status'"),
        ("project = SHOP)", "unexpected ')'"),
        ("(project = SHOP", "')' expected, found the end"),
        ('summary ~ "open', "a quoted text is not closed"),
        (r'summary ~ "\q"', "an unknown escape"),
        (r'summary ~ "\ud800"', "a control character"),
        ('summary ~ "a\0b"', "a control character"),
        ("a = b\u00a0OR c = d", "unexpected '\\xa0'"),
        ("a = b \u200b", "unexpected '\\u200b'"),
        ("a = {b}", "unexpected '{'"),
        ("a = b /* c */", "unexpected '/*'"),
        ("a = b -- c", "unexpected '--'"),
        ("a = in", "a value expected, found 'in'"),
        ("or = b", "a field expected, found 'or'"),
        ("a is not", "a value expected, found the end"),
        ("a not b", "an operator expected, found 'not'"),
        ("a in (b,)", "a value expected, found ')'"),
        ("a in (b c)", "')' expected, found 'c'"),
        ("a = f(b", "',' expected, found the end"),
        ("a = f(g(b))", "',' expected, found '('"),
        ("a = f(or)", "an argument expected, found 'or'"),
        ("a = 1f-x(b)", "'1f-x' is no function's name"),
        ("team[team] = x", "brackets belong after cf"),
        ("cf[x] = 1", "brackets belong after cf"),
        ("a = b order created", "BY expected after ORDER, found 'created'"),
        ("a = b order by", "a field expected, found the end"),
        ("order by " + ", ".join("abcdefgh"), "ORDER BY takes at most 7 fields"),
        ("(" * 60 + "a = b" + ")" * 60, "nested deeper than 40 levels"),
        ("not " * 60 + "a = b", "nested deeper than 40 levels"),
        ("a" * 10_001, "at most 10000 are taken"),
    ],
)
def test_what_is_no_jql_is_refused_with_its_place(jql: str, complaint: str) -> None:
    with pytest.raises(InvalidArguments) as refused:
        parse(jql)
    assert complaint in refused.value.message


def test_a_query_without_a_condition_is_refused() -> None:
    with pytest.raises(InvalidArguments, match="would search all issues"):
        whole("", "created")
    assert whole("a = 1", "created") == "a = 1 ORDER BY created"
