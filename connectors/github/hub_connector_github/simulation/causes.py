"""Why jobs of the simulated repository end badly: what they print and what they annotate."""

from collections.abc import Mapping
from dataclasses import dataclass

from hub_connector_github.simulation.workflows import INTEGRATION_TESTS, LOAD_TEST, UNIT_TESTS, WATCH

RED, GREEN, BOLD, PLAIN = "\x1b[31m", "\x1b[32m", "\x1b[1m", "\x1b[0m"


@dataclass(frozen=True, kw_only=True)
class Annotation:
    """What a tool reports about a place in the source (check run annotations).

    Attributes:
        level: `notice`, `warning` or `failure`.
    """

    path: str
    line: int
    level: str
    message: str
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Why a step fails.

    Attributes:
        step: The step it fails in.
        conclusion: Of the step and the job.
        share: How much of the step's usual time passes until then.
        exit_code: Of the step's process; None where no process ended.
        printed: The end of the step's output.
        annotations: What tools reported; GitHub adds one of its own for the exit code.
        flaky: Whether the same commit passes when it is run again.
    """

    step: str
    conclusion: str = "failure"
    share: float = 0.9
    exit_code: int | None = 1
    printed: tuple[str, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    flaky: bool = False


_CUSTOMER_TEST = "tests/orders/test_pricing.py::test_prices_an_order_of_a_customer_saved_before_2024"
_CART_TEST = "tests/orders/test_cart.py::test_total_is_rounded_once"
_RETRY_TEST = "tests/integration/test_payment_client.py::test_a_timeout_is_retried_once"


def key_error(error: str) -> Cause:
    """The failing test that told of the story's bug before the deploy did.

    Args:
        error: The exception as Python prints it.
    """
    test = _CUSTOMER_TEST.partition("::")[2]
    return Cause(
        step=UNIT_TESTS,
        share=0.96,
        printed=(
            "=================================== FAILURES ===================================",
            f"{RED}{BOLD}____________ {test} ____________{PLAIN}",
            "",
            "customer_saved_in_2023 = {'id': 40917, 'name': 'Northwind Outfitters', 'country': 'DE'}",
            "",
            f"    def {test}(customer_saved_in_2023):",
            "        order = Order(customer=customer_saved_in_2023, lines=[Line('MUG-07', Decimal('12.40'))])",
            ">       priced = price(order, rules=load_rules())",
            "",
            f"{BOLD}{RED}tests/orders/test_pricing.py{PLAIN}:88: ",
            "_ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ ",
            f"{BOLD}{RED}checkout/pricing.py{PLAIN}:41: in price",
            "    return [line.with_tax(rate_of(order.customer, rules)) for line in order.lines]",
            f"{BOLD}{RED}checkout/pricing.py{PLAIN}:57: in rate_of",
            '    return rules[customer["tax_region"]].rate',
            f"{BOLD}{RED}E   {error}{PLAIN}",
            "",
            f"{BOLD}{RED}checkout/pricing.py{PLAIN}:57: KeyError",
            "=========================== short test summary info ============================",
            f"{RED}FAILED{PLAIN} {_CUSTOMER_TEST} - {error}",
            f"{RED}================== 1 failed, 1411 passed, 6 skipped in 168.02s =================={PLAIN}",
        ),
        annotations=(
            Annotation(
                path="tests/orders/test_pricing.py", line=88, level="failure", message=error, title=_CUSTOMER_TEST
            ),
        ),
    )


OUT_OF_MEMORY = Cause(
    step=INTEGRATION_TESTS,
    share=0.94,
    exit_code=137,
    flaky=True,
    printed=(
        "scripts/integration.sh: line 23:  2917 Terminated              docker compose logs --follow",
        "scripts/integration.sh: pytest did not write junit.xml",
    ),
)
"""The kernel ends pytest; what it says of it stands far before the end of the log."""

FLAKY_TEST = Cause(
    step=INTEGRATION_TESTS,
    share=0.97,
    flaky=True,
    printed=(
        "=================================== FAILURES ===================================",
        f"{RED}{BOLD}__________________________ test_a_timeout_is_retried_once __________________________{PLAIN}",
        "[gw5] linux -- Python 3.12.11 /opt/hostedtoolcache/Python/3.12.11/x64/bin/python",
        ">       assert elapsed < 2.0",
        f"{BOLD}{RED}E       assert 2.31 < 2.0{PLAIN}",
        "",
        f"{BOLD}{RED}tests/integration/test_payment_client.py{PLAIN}:134: AssertionError",
        "=========================== short test summary info ============================",
        f"{RED}FAILED{PLAIN} {_RETRY_TEST} - assert 2.31 < 2.0",
        f"{RED}=================== 1 failed, 642 passed in 491.77s (0:08:11) ==================={PLAIN}",
    ),
    annotations=(
        Annotation(
            path="tests/integration/test_payment_client.py",
            line=134,
            level="failure",
            message="assert 2.31 < 2.0",
            title=_RETRY_TEST,
        ),
    ),
)

ROUNDING = Cause(
    step=UNIT_TESTS,
    share=0.93,
    printed=(
        "=================================== FAILURES ===================================",
        f"{RED}{BOLD}__________________________ test_total_is_rounded_once __________________________{PLAIN}",
        ">       assert cart.total == Decimal('30.01')",
        f"{BOLD}{RED}E       AssertionError: assert Decimal('30.00') == Decimal('30.01'){PLAIN}",
        "",
        f"{BOLD}{RED}tests/orders/test_cart.py{PLAIN}:52: AssertionError",
        "=========================== short test summary info ============================",
        f"{RED}FAILED{PLAIN} {_CART_TEST} - AssertionError: assert Decimal('30.00') == Decimal('30.01')",
        f"{RED}================== 1 failed, 1402 passed, 6 skipped in 171.40s =================={PLAIN}",
    ),
    annotations=(
        Annotation(
            path="tests/orders/test_cart.py",
            line=52,
            level="failure",
            message="AssertionError: assert Decimal('30.00') == Decimal('30.01')",
            title=_CART_TEST,
        ),
    ),
)

UNUSED_IMPORT = Cause(
    step="Ruff",
    share=1.0,
    printed=(
        "##[error]checkout/cart.py:7:20: F401 `decimal.ROUND_HALF_UP` imported but unused",
        "Found 1 error.",
    ),
    annotations=(
        Annotation(
            path="checkout/cart.py",
            line=7,
            level="failure",
            message="checkout/cart.py:7:20: F401 `decimal.ROUND_HALF_UP` imported but unused",
            title="Ruff (F401)",
        ),
    ),
)

WRONG_TYPE = Cause(
    step="Pyright",
    share=1.0,
    printed=(
        "/home/runner/work/checkout/checkout/checkout/orders.py",
        '  checkout/orders.py:118:16 - error: Type "Order | None" is not assignable to return type "Order"',
        '    "None" is not assignable to "Order" (reportReturnType)',
        "1 error, 0 warnings, 0 informations",
    ),
)

SLOW_UNDER_LOAD = Cause(
    step=LOAD_TEST,
    share=1.0,
    printed=(
        "load-test: 1,350,112 requests, 0.04 % failed, p50 71 ms, p95 288 ms, p99 743 ms",
        f"{RED}load-test: p99 of 743 ms is above 600 ms{PLAIN}",
    ),
)

HANGS_UNDER_LOAD = Cause(
    step=LOAD_TEST,
    conclusion="timed_out",
    share=2.335,
    exit_code=None,
    flaky=True,
    annotations=(
        Annotation(
            path=".github",
            line=1,
            level="failure",
            message="The job has exceeded the maximum execution time of 1h0m0s",
        ),
    ),
)

ERRORS_AFTER_DEPLOY = Cause(
    step=WATCH,
    share=1.0,
    printed=(
        "watch-error-rate: 5 min: 6.9 % of requests failed (limit 1 %), 1,242 of 18,003",
        f"{RED}watch-error-rate: the error rate of checkout in production is above 1 %{PLAIN}",
        "watch-error-rate: nothing was rolled back; run this workflow with the version before",
    ),
)

CAUSES: Mapping[str, Cause] = {
    "out of memory": OUT_OF_MEMORY,
    "flaky test": FLAKY_TEST,
    "rounding": ROUNDING,
    "unused import": UNUSED_IMPORT,
    "wrong type": WRONG_TYPE,
    "slow under load": SLOW_UNDER_LOAD,
    "hangs under load": HANGS_UNDER_LOAD,
    "errors after deploy": ERRORS_AFTER_DEPLOY,
}
"""Every cause that needs nothing of the story; `key_error` is the other one."""
