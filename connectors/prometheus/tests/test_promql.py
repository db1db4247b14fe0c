import pytest
from hub_connector_prometheus.promql import (
    Matcher,
    Selector,
    as_selector,
    bare_selector,
    grouped,
    parse_matchers,
    quoted,
    selector,
    selectors,
    tokens,
    topk,
    unquoted,
)
from hypothesis import given
from hypothesis import strategies as st

names = st.from_regex(r"[a-z_][a-z0-9_]{0,12}", fullmatch=True)
operators = st.sampled_from(["=", "!=", "=~", "!~"])
matchers = st.builds(Matcher, names, operators, st.text())


@given(st.text())
def test_any_value_survives_quoting(value: str) -> None:
    assert unquoted(quoted(value)) == value


@given(st.text())
def test_a_quoted_value_is_one_token_whatever_it_holds(value: str) -> None:
    assert tokens(quoted(value)) == [("string", quoted(value))]


@given(st.lists(matchers, min_size=1))
def test_matchers_survive_being_written_and_read(wanted: list[Matcher]) -> None:
    assert parse_matchers(",".join(map(str, wanted))) == wanted
    assert parse_matchers("{" + ", ".join(map(str, wanted)) + "}") == wanted


@given(st.from_regex(r"[a-z_:][a-z0-9_:.]{0,12}", fullmatch=True), st.lists(matchers))
def test_a_built_selector_is_found_again_in_a_query(metric: str, wanted: list[Matcher]) -> None:
    wanted = [one for one in wanted if one.name != "__name__"]
    built = selector(metric, wanted)
    assert selectors(f"sum by (job) (rate({built}[5m]))") == [Selector(metric, tuple(wanted))]


@given(st.text())
def test_reading_selectors_never_fails(text: str) -> None:
    selectors(text)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("up", ["up"]),
        ('sum by (job, mode) (rate(http_total{code=~"5.."}[5m])) > bool 0.5', ["http_total"]),
        ("a / on (instance) group_left (version) b offset 5m", ["a", "b"]),
        ("max_over_time(rate(x[5m])[1h:30s])", ["x"]),
        ("up @ start() and on () vector(1)", ["up"]),
        ("1e-5 + 0x1F * Inf unless nan", []),
        ("up # and down{", ["up"]),
        ("time() - node_boot_time_seconds", ["node_boot_time_seconds"]),
    ],
)
def test_only_metric_names_are_taken_for_metrics(query: str, found: list[str]) -> None:
    assert [one.metric for one in selectors(query)] == found


def test_the_names_of_prometheus_3_are_read_and_written_in_quotes() -> None:
    assert selectors('{"http.duration", "net.peer"="a"}') == [
        Selector("http.duration", (Matcher("net.peer", "=", "a"),))
    ]
    assert selector("http.duration", [Matcher("net.peer", "=", "a")]) == '{__name__="http.duration","net.peer"="a"}'


def test_a_metric_named_like_a_keyword_is_written_as_a_matcher() -> None:
    assert selector("offset") == '{__name__="offset"}'


@pytest.mark.parametrize("literal", ['"a\\"b\\n"', "'a\"b\\n'", '`a"b\n`', '"\\x61\\u0022\\142\\n"'])
def test_all_kinds_of_string_literals_are_read(literal: str) -> None:
    assert unquoted(literal) == 'a"b\n'


def test_a_trailing_comment_does_not_swallow_what_a_rewrite_appends() -> None:
    assert topk(3, "up # all of them") == "topk(3, up # all of them\n)"
    assert grouped("sum", ["net.peer", "job"], "up") == 'sum by ("net.peer", job) (up)'


def test_simple_values_need_no_quotes() -> None:
    assert parse_matchers("alertname=X,job=~a|b") == [Matcher("alertname", "=", "X"), Matcher("job", "=~", "a|b")]


@pytest.mark.parametrize("text", ["", "{}", "alertname", "a=b c=d", 'a="b', "1=2", 'a=="b"'])
def test_what_is_no_matcher_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"alertname=|comma"):
        parse_matchers(text)


@pytest.mark.parametrize(
    ("written", "selector"),
    [
        ("job=api", '{job="api"}'),
        ('job="api",code=~"5.."', '{job="api",code=~"5.."}'),
        ("up", "up"),
        ('up{job="api"}', 'up{job="api"}'),
        ("job=", "job="),
        ("rate(x[5m]) == 0", "rate(x[5m]) == 0"),
    ],
)
def test_matchers_without_braces_are_a_selector_too(written: str, selector: str) -> None:
    assert as_selector(written) == selector


@pytest.mark.parametrize(
    ("query", "bare"),
    [
        ("up", "up"),
        (" up { a = 'b' } # all", 'up{a="b"}'),
        ('{job="x"}', '{job="x"}'),
        ("up > 0", None),
        ("up[5m]", None),
        ("sum(up)", None),
        ("-up", None),
        ("up offset 5m", None),
        ("", None),
    ],
)
def test_a_query_that_is_one_selector_alone_is_told_from_others(query: str, bare: str | None) -> None:
    found = bare_selector(query)
    assert (None if found is None else str(found)) == bare
