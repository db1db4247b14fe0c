import math
from typing import Any

import pytest
from hub_connector_prometheus.series import LabelColumns, number, parse_series, shortened, written
from hub_connector_prometheus.units import unit_of
from hypothesis import given
from hypothesis import strategies as st

label_sets = st.lists(
    st.dictionaries(st.sampled_from(["a", "b", "c"]), st.sampled_from(["1", "2"])), min_size=1, max_size=6
)


@given(label_sets)
def test_common_and_varying_labels_together_say_all(sets: list[dict[str, str]]) -> None:
    columns = LabelColumns.of(sets)
    for labels in sets:
        cells = dict(zip(columns.varying, columns.cells(labels), strict=True))
        present = {name: value for name, value in cells.items() if value != '""'}
        assert {**columns.common, **present} == labels


def test_labels_that_no_shown_series_has_make_no_column() -> None:
    columns = LabelColumns.of([{"a": "1"}, {"a": "2"}, {"b": "1"}])
    assert columns.of_shown([{"a": "1"}, {"a": "2"}]).varying == ("a",)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (math.nan, "NaN"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (3.0, "3"),
        (1_234_567_890.0, "1234567890"),
        (123_456.789, "123457"),
        (0.123456, "0.1235"),
        (1e-9, "1e-09"),
        (1e300, "1e+300"),
    ],
)
def test_numbers_are_short_and_whole_ones_exact(value: float, text: str) -> None:
    assert number(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_written_number_is_near_the_number(value: float) -> None:
    assert float(number(value, 6)) == pytest.approx(value, rel=1e-5)


def test_native_histograms_are_read_by_their_count() -> None:
    instant: dict[str, Any] = {
        "metric": {"__name__": "h"},
        "histogram": [1.0, {"count": "12", "sum": "3.5", "buckets": []}],
    }
    ranged: dict[str, Any] = {
        "metric": {},
        "histograms": [[1.0, {"count": "1", "sum": "2"}], [2.0, {"count": "3", "sum": "4"}]],
    }
    one, other = parse_series([instant, ranged])
    assert one.histogram
    assert one.points == [(1.0, 12.0)]
    assert other.points == [(1.0, 1.0), (2.0, 3.0)]


def test_label_sets_are_written_so_that_they_can_be_pasted() -> None:
    assert written({"__name__": "up", "job": 'a"b', "net.peer": "x"}) == 'up{job="a\\"b", "net.peer"="x"}'
    assert written({"__name__": "up"}) == "up"
    assert written({}) == "{}"
    assert len(written({"a": "x" * 500})) < 130


def test_a_label_named_like_a_column_is_marked() -> None:
    assert LabelColumns.of([{"value": "1"}, {"value": "2"}]).headings(("value",)) == ["label:value"]


def test_long_text_becomes_one_line_of_bounded_length() -> None:
    assert shortened("a\n b") == "a b"
    assert len(shortened("x" * 500, 120)) == 120


@pytest.mark.parametrize(
    ("query", "unit"),
    [
        ("node_memory_free_bytes", "bytes"),
        ("sum by (bytes) (rate(net_bytes_total[5m]))", "bytes per second"),
        ("sum(rate(http_requests_total[5m]))", "per second"),
        ("rate(http_request_duration_seconds_count[5m])", "per second"),
        ("histogram_quantile(0.9, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))", "seconds"),
        ("increase(job_seconds_total[1h])", "seconds"),
        ("a_bytes / b_bytes", ""),
        ("a_bytes * 8", ""),
        ("a_bytes + b_seconds", ""),
        ("count(a_bytes)", ""),
        ("a_bytes > bool 5", ""),
        ("up", ""),
        ("http_request_duration_seconds_bucket", ""),
        ("rate(http_request_duration_seconds_bucket[5m])", "per second"),
        ("rate(http_request_duration_seconds_sum[5m])", "seconds per second"),
        ("max(deployment_timestamp_seconds)", "unix seconds"),
        ("process_start_time_seconds", "unix seconds"),
        ("time() - process_start_time_seconds", ""),
    ],
)
def test_a_unit_is_told_only_where_names_and_functions_settle_it(query: str, unit: str) -> None:
    assert unit_of(query) == unit
