"""The functions of PromQL that the evaluator knows: what they take and what they give."""

from dataclasses import dataclass

from hub_connector_prometheus.simulation.nodes import Type

ARITHMETIC = ("+", "-", "*", "/", "%", "^", "atan2")
COMPARISONS = ("==", "!=", ">", "<", ">=", "<=")
SET_OPERATORS = ("and", "or", "unless")
AGGREGATIONS: dict[str, Type | None] = {
    **dict.fromkeys(("sum", "avg", "min", "max", "count", "group", "stddev", "stdvar")),
    "topk": "scalar",
    "bottomk": "scalar",
    "quantile": "scalar",
    "count_values": "string",
}
"""Aggregation operators with the type of their parameter, if they have one."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Types of a function.

    Attributes:
        arguments: All there can be.
        required: How many of them there have to be.
        variadic: Whether the last one can be repeated.
    """

    arguments: tuple[Type, ...]
    required: int
    returns: Type = "vector"
    variadic: bool = False


def _takes(*arguments: Type) -> Signature:
    return Signature(arguments, len(arguments))


_RANGE_FUNCTIONS = (
    *("rate", "irate", "increase", "delta", "idelta", "deriv", "changes", "resets"),
    *(f"{name}_over_time" for name in ("avg", "min", "max", "sum", "count", "last", "present", "stddev", "stdvar")),
    "absent_over_time",
)
MATH_FUNCTIONS = ("abs", "ceil", "floor", "exp", "ln", "log2", "log10", "sqrt", "sgn")
DATE_FUNCTIONS = ("minute", "hour", "day_of_week", "day_of_month", "day_of_year", "days_in_month", "month", "year")

FUNCTIONS: dict[str, Signature] = {
    **dict.fromkeys(_RANGE_FUNCTIONS, _takes("matrix")),
    **dict.fromkeys(MATH_FUNCTIONS, _takes("vector")),
    **dict.fromkeys(DATE_FUNCTIONS, Signature(("vector",), 0)),
    **dict.fromkeys(("absent", "sort", "sort_desc", "timestamp"), _takes("vector")),
    "quantile_over_time": _takes("scalar", "matrix"),
    "predict_linear": _takes("matrix", "scalar"),
    "histogram_quantile": _takes("scalar", "vector"),
    "clamp": _takes("vector", "scalar", "scalar"),
    "clamp_min": _takes("vector", "scalar"),
    "clamp_max": _takes("vector", "scalar"),
    "round": Signature(("vector", "scalar"), 1),
    "label_replace": _takes("vector", "string", "string", "string", "string"),
    "label_join": Signature(("vector", "string", "string", "string"), 3, variadic=True),
    "time": Signature((), 0, "scalar"),
    "pi": Signature((), 0, "scalar"),
    "scalar": Signature(("vector",), 1, "scalar"),
    "vector": _takes("scalar"),
}

UNSUPPORTED = frozenset(
    (
        *(
            "acos",
            "acosh",
            "asin",
            "asinh",
            "atan",
            "atanh",
            "cos",
            "cosh",
            "deg",
            "rad",
            "sin",
            "sinh",
            "tan",
            "tanh",
        ),
        *("double_exponential_smoothing", "holt_winters", "mad_over_time", "info", "sort_by_label"),
        *("sort_by_label_desc", "histogram_avg", "histogram_count", "histogram_sum", "histogram_fraction"),
        *("histogram_stddev", "histogram_stdvar", "limitk", "limit_ratio", "first_over_time"),
        *("ts_of_first_over_time", "ts_of_last_over_time", "ts_of_max_over_time", "ts_of_min_over_time"),
    )
)
"""What Prometheus knows and the sandbox does not, so that its error can say so."""
