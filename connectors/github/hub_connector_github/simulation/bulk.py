"""The thousands of lines that tests and load tests print, made one by one from a number."""

from collections.abc import Iterator, Mapping

from hub_connector_github.simulation.causes import GREEN, PLAIN
from hub_connector_github.simulation.workflows import INTEGRATION_TESTS, LOAD_TEST, UNIT_TESTS

USUAL_LINES = {UNIT_TESTS: 640, INTEGRATION_TESTS: 9_000, LOAD_TEST: 2_600}
"""How many lines the steps that print much print as a rule."""
KILLED = (
    "kernel: Memory cgroup out of memory: Killed process 3127 (pytest) total-vm:17102144kB, anon-rss:15728640kB, "
    "file-rss:4096kB, oom_score_adj:0"
)
_YELLOW = "\x1b[33m"
_AREAS = ("orders", "pricing", "cart", "payments", "delivery", "addresses", "countries", "confirmation", "api")
_SUBJECTS = (
    "an_empty_order",
    "two_lines",
    "a_declined_card",
    "a_guest",
    "a_large_order",
    "an_error_page",
    "a_retry",
)
_PASSED = f"[{{p:3d}}%] {GREEN}PASSED{PLAIN}"

# In all of these {n} counts and {a}, {b}, {w} vary. Several hold words that one looks for in vain.
_LINES: Mapping[str, tuple[str, ...]] = {
    UNIT_TESTS: (
        f"tests/{{area}}/test_{{area}}.py::test_{{subject}}[{{a}}] {_PASSED}",
        f"tests/{{area}}/test_errors.py::test_{{subject}}_raises[{{a}}] {_PASSED}",
        f"tests/{{area}}/test_{{area}}.py::test_{{subject}}_twice[{{b}}] {_PASSED}",
    ),
    LOAD_TEST: (
        "load-test: {a} s: {b} requests/s, p50 6{w} ms, p99 3{w}1 ms, 0 errors",
        "load-test: worker {w}: {b} requests, slowest 4{a} ms",
    ),
    INTEGRATION_TESTS: (
        f"[gw{{w}}] {_PASSED} tests/integration/test_{{area}}.py::test_{{subject}}[{{a}}]",
        "DEBUG    checkout.http:http.py:88 POST /payments -> 201 in {b} ms (attempt 1)",
        "DEBUG    checkout.pricing:pricing.py:44 priced order {n} with {a} lines",
        f"[gw{{w}}] {_PASSED} tests/integration/test_{{area}}_errors.py::test_{{subject}}_raises[{{a}}]",
        "DEBUG    sqlalchemy.engine:base.py:1842 SELECT orders.id, orders.state FROM orders WHERE orders.id = {n}",
        "DEBUG    sqlalchemy.engine:base.py:1842 [cached since {b}s ago] {{'id': {n}}}",
        'checkout-1  | {{"level":"info","msg":"order placed","order":{n},"ms":{b},"errors":0}}',
        'payment-1   | {{"level":"info","msg":"captured","payment":"pay_{n}","ms":{b}}}',
        "DEBUG    checkout.orders:orders.py:131 order {n}: new -> paid",
        'checkout-1  | {{"level":"debug","msg":"tax rules are {a} s old"}}',
        "INFO     checkout.metrics:metrics.py:27 flushed {a} counters, 0 failed",
        "database-1  | LOG:  duration: {b}.{a} ms  statement: COMMIT",
        f"[gw{{w}}] {_PASSED} tests/integration/test_{{area}}.py::test_{{subject}}_after_a_timeout[{{a}}]",
        "DEBUG    asyncio:selector_events.py:64 Using selector: EpollSelector",
        f"{_YELLOW}WARNING{PLAIN}  checkout.http:http.py:97 retrying POST /payments after error: reset (1 of 3)",
        "DEBUG    checkout.cart:cart.py:61 cart {n}: {a} lines, total {b}.00",
    ),
}


def bulk_lines(step: str, count: int, key: int, killed_at: int = -1) -> Iterator[str]:
    """So many lines as a step prints them.

    Args:
        step: Name of the step.
        count: How many lines.
        key: Sets what varies.
        killed_at: Which line is the kernel's `KILLED`; -1 for none.
    """
    templates = _LINES.get(step, ())
    kinds, areas, subjects = len(templates), len(_AREAS), len(_SUBJECTS)
    state = (key * 2654435761 + 97) & 0xFFFFFFFF
    for index in range(count):
        if index == killed_at:
            yield KILLED
            continue
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF  # Numerical Recipes' generator; its low bits repeat
        high = state >> 8
        yield templates[high % kinds].format(
            n=400_000 + index,
            a=high % 37,
            b=3 + (high >> 5) % 480,
            w=(high >> 3) % 8,
            p=index * 100 // count,
            area=_AREAS[(high >> 7) % areas],
            subject=_SUBJECTS[(high >> 11) % subjects],
        )
