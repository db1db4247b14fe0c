"""No query of a connector limited to SHOP brings anything of another project, whatever it is made of."""

import asyncio
from typing import Any

import httpx
import pytest
from hub_connector_jira.jql.scope import Scope
from hub_connector_jira.sandbox import jira_sandbox
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.plugin import InvalidArguments

CLAUSE = st.sampled_from(
    [
        "project = PAY",
        "project in (PAY, OPS)",
        "project != SHOP",
        "project in projectsLeadByUser()",
        "text ~ refund",
        "status = Done",
        "filter = 10400",
        "filter = 10403",
        "assignee = currentUser()",
        "assignee is EMPTY",
        "created > -400d",
        "labels not in (tax)",
        "status was 'To Do'",
        "status changed",
        "key in (SHOP-1842, SHOP-1843)",
        'summary ~ "x\\" OR project = PAY"',
        "summary !~ 'x\" OR project = OPS'",
    ]
)


def either(left: str, word: str, right: str) -> str:
    return f"{left} {word} {right}"


def torn(left: str, right: str) -> str:
    """Closes what it did not open."""
    return f"{left}) OR ({right}"


QUERY = st.recursive(
    CLAUSE,
    lambda inner: st.one_of(
        st.builds(either, inner, st.sampled_from(["AND", "OR", "or", "||", "&"]), inner),
        st.builds(either, inner, st.just("OR"), inner),
        inner.map("NOT ({})".format),
        inner.map("({})".format),
        st.builds(torn, inner, inner),
        inner.map("{} ORDER BY created".format),
    ),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def simulated() -> Any:
    return jira_sandbox(lambda: 1_799_958_000.0)


@settings(max_examples=200, deadline=None)
@given(jql=QUERY)
def test_only_issues_of_the_project_come_back(jql: str, simulated: Any) -> None:
    try:
        confined = Scope(["SHOP"]).confine(jql)
    except InvalidArguments:
        return
    own = simulated.settings("http://jira.test")

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(simulated.app)
        access = (own["email"], own["api_token"].get_secret_value())
        async with httpx.AsyncClient(transport=transport, base_url="http://jira.test", auth=access) as client:
            body = {"jql": confined, "fields": ["summary"], "maxResults": 500}
            return await client.post("/rest/api/3/search/jql", json=body)

    answer = asyncio.run(ask())
    assert answer.status_code in (200, 400), answer.text
    if answer.status_code == 200:
        keys = [issue["key"] for issue in answer.json()["issues"]]
        assert all(key.startswith("SHOP-") for key in keys), confined
    else:
        # A query that was understood here is no syntax error there; names and values may still not exist.
        assert "Error in the JQL" not in answer.text, (jql, confined, answer.text)
