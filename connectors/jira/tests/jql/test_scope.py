import re
from collections.abc import Iterator

import pytest
from hub_connector_jira.jql.query import parse
from hub_connector_jira.jql.scope import Scope
from hypothesis import example, given
from hypothesis import strategies as st

from hub.plugin import InvalidArguments, NotFound

LIMIT = 'project in ("SHOP", "OPS") AND ('
SCOPE = Scope(["SHOP", "OPS"])

# Texts made of what could break out: keywords, quotes, brackets, escapes, look-alikes, and anything at all.
PIECES = st.sampled_from(
    [
        "project",
        "=",
        "SECRET",
        "OR",
        "or",
        "AND",
        "||",
        "|",
        "&&",
        "&",
        "!",
        "NOT",
        "(",
        ")",
        "))",
        "((",
        '"',
        "'",
        '\\"',
        "\\'",
        "\\\\",
        "\\",
        "\\u0022",
        "\\u0027",
        "\\u0029",
        "ORDER BY",
        "order by",
        "ORDER",
        "BY",
        "created",
        "DESC",
        ",",
        ";",
        "--",
        "/*",
        "*/",
        "#",
        "//",
        "\n",
        "\r",
        "\t",
        "\0",
        "\u2028",
        "\u00a0",
        "\uff02",
        "\u201d",
        "\uff09",
        "\uff2f\uff32",
        "\u0131n",
        "{",
        "}",
        "[",
        "]",
        "cf[1]",
        "in",
        "IS",
        "EMPTY",
        "was",
        "changed",
        "after",
        "-1d",
        "1=1",
        "1",
        "~",
        "!~",
        "<",
        ">=",
        "currentUser()",
        "linkedIssues(SECRET-1)",
        "filter",
        " ",
        "x",
    ]
)
JQL = st.one_of(
    st.lists(PIECES, max_size=25).map(" ".join), st.lists(PIECES, max_size=25).map("".join), st.text(max_size=60)
)


def signs(jql: str) -> Iterator[str]:
    """A second, simpler reading of JQL: quoted texts as `S`, every other sign as it is."""
    for match in re.finditer(r'"(?:\\.|[^"\\])*"|(.)', jql, re.DOTALL):
        yield match[1] or "S"


def outside(jql: str) -> str:
    """What stands outside of all parentheses and quotes, but for the first clause's list."""
    depth, found = 0, ""
    for sign in signs(jql):
        depth += sign == "("
        found += sign if depth == 0 else ""
        depth -= sign == ")"
        assert depth >= 0
    assert depth == 0
    return found


@given(JQL)
@example('summary ~ "x\\" OR project = SECRET OR summary ~ "')
@example("status = Open) OR (project = SECRET")
@example("status = Open ORDER BY created) OR (project = SECRET")
@example("'\\u0022) OR project = SECRET OR (x = \\u0022'")
def test_no_query_gets_past_the_restriction(jql: str) -> None:
    try:
        confined = SCOPE.confine(jql)
    except InvalidArguments:
        return
    assert confined.startswith('project in ("SHOP", "OPS")')
    rest = outside(confined)
    # The list of projects, AND, the caller's condition, and nothing but an order after it.
    assert re.fullmatch(r"project in (?: AND )?(?: ORDER BY [^()]*)?", rest), confined


@given(JQL)
def test_a_confined_query_is_understood_as_it_was_written(jql: str) -> None:
    try:
        confined = Scope(None).confine(jql)
    except InvalidArguments:
        return
    assert Scope(None).confine(confined) == confined


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs", "Cn"]), min_size=1))
def test_any_text_can_be_searched_for_in_quotes(text: str) -> None:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    (operand,) = parse(f'summary ~ "{escaped}"').operands
    assert operand.text == text


@pytest.mark.parametrize(
    ("jql", "sent"),
    [
        ("", 'project in ("SHOP", "OPS")'),
        ("order by created", 'project in ("SHOP", "OPS") ORDER BY created'),
        ("project = SECRET or 1 = 1", f"{LIMIT}project = SECRET OR 1 = 1)"),
        ("key = shop-1 and issue in linkedIssues(OPS-2)", f"{LIMIT}key = shop-1 AND issue IN linkedIssues(OPS-2))"),
        ("parent = 10042", f"{LIMIT}parent = 10042)"),
        ("assignee = currentUser() order by key", f"{LIMIT}assignee = currentUser()) ORDER BY key"),
    ],
)
def test_the_restriction_is_anded(jql: str, sent: str) -> None:
    assert SCOPE.confine(jql) == sent


def test_an_order_is_left_out_where_it_means_nothing() -> None:
    assert SCOPE.confine("a = 1 order by b", ordered=False) == f"{LIMIT}a = 1)"
    assert Scope(None).confine("a = 1 order by b", ordered=False) == "a = 1"


@pytest.mark.parametrize(
    "jql",
    [
        "key = SECRET-1",
        'issue in ("SHOP-1", " secret-2 ")',
        '"Epic Link" = SECRET-9',
        "Epic Link = SECRET-9",
        "issue in linkedIssues(SECRET-1)",
        "issueFunction in linkedIssuesOf(\"project = SECRET AND summary ~ 'x'\")",
        "issueFunction in issueFieldMatch('project = SECRET', description, 'a.*')",
    ],
)
def test_what_could_look_into_other_projects_is_refused(jql: str) -> None:
    with pytest.raises(InvalidArguments, match="limited to SHOP, OPS"):
        SCOPE.confine(jql)
    assert Scope(None).confine(jql)


def test_without_a_restriction_a_query_has_to_be_bounded() -> None:
    with pytest.raises(InvalidArguments, match="search all issues"):
        Scope(None).confine("order by created")
    assert Scope(None).told == ""


def test_issues_are_held_against_the_projects_by_the_key_they_have_now() -> None:
    SCOPE.issue({"key": "SHOP-1"}, "SHOP-1")
    SCOPE.early("shop-12")
    SCOPE.early("10042")
    with pytest.raises(NotFound, match="No issue SHOP-7 within reach"):
        SCOPE.issue({"key": "SECRET-3"}, "SHOP-7")
    with pytest.raises(NotFound, match="No issue SECRET-3 within reach"):
        SCOPE.early("SECRET-3")
    with pytest.raises(NotFound):
        SCOPE.issue({}, "SHOP-7")
    Scope(None).issue({"key": "SECRET-3"}, "SECRET-3")
    Scope(None).early("SECRET-3")


def test_projects_are_held_against_those_allowed() -> None:
    assert SCOPE.project("shop") == "SHOP"
    assert Scope(None).project("any") == "ANY"
    with pytest.raises(InvalidArguments, match="not among those allowed: SHOP, OPS"):
        SCOPE.project("SECRET")
    assert [SCOPE.allows(key) for key in ("SHOP-1", "OPS", "SECRET-1", "SHOPS-1", "", "-1")] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]
    assert Scope(None).allows("SECRET-1")
