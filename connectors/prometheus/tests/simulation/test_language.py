"""Parsing and evaluating whatever is asked: right, wrong, unsupported or hostile."""

from contextlib import suppress
from time import process_time
from typing import Any

import pytest
from hub_connector_prometheus.simulation.errors import BadRegex, ParseError, QueryError
from hub_connector_prometheus.simulation.evaluator import Evaluation
from hub_connector_prometheus.simulation.labels import Matcher, compile_regex
from hub_connector_prometheus.simulation.nodes import type_of
from hub_connector_prometheus.simulation.parser import parse, parse_selector
from hub_connector_prometheus.simulation.signatures import FUNCTIONS, UNSUPPORTED
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Simulated = Any  # the fixture's own class lives in conftest.py, which tests cannot import

PIECES = (
    *(
        "up",
        "http_requests_total",
        "node_load1",
        "sum",
        "topk",
        "rate",
        "histogram_quantile",
        "label_replace",
        "time",
    ),
    *(
        "quantile",
        "count_values",
        "absent",
        "scalar",
        "vector",
        "round",
        "clamp",
        "predict_linear",
        "hour",
        "timestamp",
    ),
    *(
        "by",
        "without",
        "on",
        "ignoring",
        "group_left",
        "group_right",
        "bool",
        "offset",
        "and",
        "or",
        "unless",
        "atan2",
    ),
    *("(", ")", "{", "}", "[", "]", ",", "@", ":", "+", "-", "*", "/", "%", "^", "==", "!=", ">", "=~", "!~", "="),
    *(
        "5m",
        "1h",
        "1ms",
        "1",
        "0",
        "-1",
        "1e400",
        "0x1F",
        ".5",
        "NaN",
        "Inf",
        '"x"',
        '"(.*)"',
        "job",
        "instance",
        "le",
    ),
    *("[5m]", "[5m:1m]", '{job="node"}', "(job)", "()", "start()", "end()", "# note\n"),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=14), spaces=st.booleans())
def test_any_row_of_pieces_is_answered_or_refused(world: Simulated, pieces: list[str], spaces: bool) -> None:
    text = (" " if spaces else "").join(pieces)
    evaluation = Evaluation(world.store, [world.deploy_ms + 600_000, world.deploy_ms + 660_000])
    with suppress(QueryError):
        node = parse(text)
        kind = type_of(node)
        if kind == "vector":
            assert all(len(row.values) == 2 for row in evaluation.vector(node))
        elif kind == "scalar":
            assert len(evaluation.scalar(node)) == 2
        elif kind == "matrix":
            assert all(len(samples.times) == len(samples.values) for samples in evaluation.matrix(node))


@given(st.text(max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    with suppress(ParseError):
        parse(text)


EXTREME = ("1e300", "-1e300", "5e-324", "Inf", "NaN", "0", "-1", "1e18")


@pytest.mark.parametrize("number", EXTREME)
@pytest.mark.parametrize(
    "template",
    [
        "round(node_load1, {0})", "round(vector({0}))", "clamp(node_load1, {0}, 1)",
        "quantile({0}, up)",
        "exp(vector({0}))", "ln(vector({0}))", "sqrt(vector({0}))", "day_of_week(vector({0}))", "ceil(vector({0}))",
        "vector({0}) ^ 3 % {0} / {0} * {0}", "stddev(vector({0}) or up * {0})", "sum(vector({0}) or up * {0})",
        "histogram_quantile({0}, http_request_duration_seconds_bucket)", "predict_linear(up[5m], {0})",
        "deriv((up * {0})[5m:])", 'count_values("x", vector({0}))', "quantile_over_time({0}, up[5m])",
        "atan2_is_an_operator or (vector({0}) atan2 vector({0}))", "sgn(vector({0})) + abs(vector({0}))",
    ],
)  # fmt: skip
def test_extreme_numbers_never_break_an_evaluation(world: Simulated, template: str, number: str) -> None:
    rows = world.at(template.format(number), 600)
    assert all(isinstance(row.values[0], float) for row in rows)


@pytest.mark.parametrize("name", sorted(UNSUPPORTED))
def test_a_function_that_prometheus_has_and_the_sandbox_lacks_is_named(name: str) -> None:
    with pytest.raises(ParseError, match=f'the sandbox does not support the function "{name}"'):
        parse(f"{name}(up)")


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_that_is_declared_can_be_evaluated(world: Simulated, name: str) -> None:
    examples = {"scalar": "1", "vector": "up", "matrix": "up[5m]", "string": '"x"'}
    signature = FUNCTIONS[name]
    expression = f"{name}({', '.join(examples[kind] for kind in signature.arguments)})"
    if name in ("label_replace", "label_join"):
        expression = f'{name}(up, "x", "y", "job"' + (', ".*")' if name == "label_replace" else ")")
    node = parse(expression)
    evaluation = Evaluation(world.store, [world.deploy_ms + 600_000])
    assert type_of(node) == signature.returns
    evaluation.scalar(node) if signature.returns == "scalar" else evaluation.vector(node)


def test_errors_give_line_and_column() -> None:
    with pytest.raises(ParseError, match=r"^2:7: parse error: unexpected end of input"):
        parse("up +\n  sum(")


@pytest.mark.parametrize("text", ["(" * 5000 + "1" + ")" * 5000, "-" * 5000 + "1", "1" + "+1" * 5000, "x" * 30_000])
def test_expressions_without_end_are_refused_before_they_hurt(text: str) -> None:
    with pytest.raises(ParseError, match="the sandbox does not support"):
        parse(text)


def test_a_selector_alone_is_what_match_takes() -> None:
    assert parse_selector('up{job="x"}') == (Matcher.of("__name__", "=", "up"), Matcher.of("job", "=", "x"))
    assert parse_selector('{"http.requests", job="x"}')[0].value == "http.requests"
    for text in ("up[5m]", "up offset 1m", "up @ 1", "sum(up)", "1"):
        with pytest.raises(ParseError):
            parse_selector(text)


@pytest.mark.parametrize(
    ("operator", "value", "passing", "failing"),
    [
        ("=", "a", ["a"], ["", "ab"]),
        ("!=", "a", ["", "ab"], ["a"]),
        ("=~", "a|b.*", ["a", "b", "bc"], ["", "ab"]),
        ("!~", "a|b.*", ["", "ab"], ["a", "bc"]),
        ("=~", "", [""], ["a"]),
        ("=~", "(?i)post", ["POST", "Post"], ["posts"]),
        ("=~", "5..", ["500"], ["50", "5000"]),
    ],
)
def test_matchers_cover_the_whole_value(operator: str, value: str, passing: list[str], failing: list[str]) -> None:
    matcher = Matcher.of("x", operator, value)
    assert [matcher.matches(text) for text in (*passing, *failing)] == [True] * len(passing) + [False] * len(
        failing
    )


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "(a|a)*b",
        "(.*a){9}",
        ".*.*.*.*.*x",
        "(?=a)b",
        "(?<!a)b",
        r"(a)\1",
        "a++",
        "[[:alpha:]]",
        "(",
        "x" * 501,
    ],
)
def test_regular_expressions_that_could_hang_or_are_read_differently_are_refused(pattern: str) -> None:
    with pytest.raises(BadRegex):
        compile_regex(pattern)


@pytest.mark.parametrize(
    "pattern", [".*checkout.*", "5..|4..", "(checkout|cart)-[0-9]+:8080", "a{2,3}", r"\d+\.\d+", "(a|b)?"]
)
def test_ordinary_regular_expressions_are_taken(pattern: str) -> None:
    compile_regex(pattern)


def test_queries_are_fast(world: Simulated) -> None:
    expression = "sum by (job, code) (rate(http_requests_total[5m]))"

    def spent(*seconds: float) -> float:
        begun = process_time()
        assert world.at(expression, *seconds)
        return process_time() - begun

    spent(3600)
    assert min(spent(3600 + 15 * n) for n in range(5)) < 0.02
    assert min(spent(*range(3600 + n, 3600 + n + 241 * 15, 15)) for n in range(3)) < 0.5
