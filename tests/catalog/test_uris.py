"""Resource URI templates and what must not get through them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.catalog.uris import compile_template
from hub.errors import ConnectorLoadError


def test_variables_come_out_decoded() -> None:
    template = compile_template("prom://{source}/metrics/{name}", {"name": "[a-z_ ]+"})
    assert template.match("prom://eu/metrics/up%20time") == {"source": "eu", "name": "up time"}


def test_the_query_is_optional_and_closed() -> None:
    template = compile_template("hub://results/{id}{?from,grep}", {})
    assert template.match("hub://results/a1") == {"id": "a1"}
    assert template.match("hub://results/a1?grep=a%26b&from=3") == {"id": "a1", "grep": "a&b", "from": "3"}
    assert template.match("hub://results/a1?other=1") is None
    assert template.match("hub://results/a1?id=b2") is None


@pytest.mark.parametrize(
    "uri",
    [
        "jira://issue/",
        "jira://issue/..",
        "jira://issue/%2E%2E",
        "jira://issue/..%2F..%2Fetc",
        "jira://issue/a%2Fb",
        "jira://issue/a/b",
        "jira://issue/A-1%00",
        "jira://issue/A-1%0A",
        "jira://issue/A-1%ff",
        "jira://issue/A-1%2",
        "jira://issue/A-1#x",
        "jira://other/A-1",
        "http://issue/A-1",
    ],
)
def test_what_climbs_or_hides_does_not_match(uri: str) -> None:
    assert compile_template("jira://issue/{key}", {}).match(uri) is None


@given(st.text(max_size=40))
def test_whatever_matches_fits_the_grammar(tail: str) -> None:
    values = compile_template("x://a/{id}", {"id": "[A-Z]+-[0-9]+"}).match("x://a/" + tail)
    assert values is None or values["id"].replace("-", "").isalnum()


@pytest.mark.parametrize(
    ("template", "grammar"),
    [
        ("no-scheme/{id}", {}),
        ("x://{id}/{id}", {}),
        ("x://{Id}", {}),
        ("x://{id", {}),
        ("x://{id}", {"other": "a"}),
        ("x://{id}", {"id": "("}),
    ],
)
def test_a_template_that_cannot_work_is_refused(template: str, grammar: dict[str, str]) -> None:
    with pytest.raises(ConnectorLoadError):
        compile_template(template, grammar)


def test_more_query_fields_than_anybody_needs_are_no_match() -> None:
    template = compile_template("hub://results/{id}{?grep}", {})
    assert template.match("hub://results/a1?" + "&".join(["grep=x"] * 30)) is None
