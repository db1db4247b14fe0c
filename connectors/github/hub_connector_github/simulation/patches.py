"""What the commits of the simulated repository change."""

from hub_connector_github.simulation.noise import between
from hub_connector_github.simulation.repository import FileChange


def _diff(old: int, new: int, where: str, *lines: str) -> str:
    """A unified diff of one hunk.

    Args:
        old: Number of its first line before.
        new: Number of its first line after.
        where: What git writes behind the numbers.
        lines: Each with its sign.
    """
    before = sum(not line.startswith("+") for line in lines)
    after = sum(not line.startswith("-") for line in lines)
    return "\n".join([f"@@ -{old},{before} +{new},{after} @@{where and ' ' + where}", *lines])


_PRICING = FileChange(
    path="checkout/pricing.py",
    patch=_diff(
        35,
        35,
        "class Priced:",
        "     total: Decimal",
        " ",
        " ",
        "-def price(order: Order, rate: Decimal = SHOP_RATE) -> Priced:",
        "-    return Priced([line.with_tax(rate) for line in order.lines])",
        "+def price(order: Order, rules: Mapping[str, Rule]) -> Priced:",
        "+    return Priced([line.with_tax(rate_of(order.customer, rules)) for line in order.lines])",
        "+",
        "+",
        "+def rate_of(customer: Mapping[str, Any], rules: Mapping[str, Rule]) -> Decimal:",
        '+    return rules[customer["tax_region"]].rate',
        " ",
        " ",
        " def total_of(priced: Priced) -> Decimal:",
    ),
)
_RULES = FileChange(
    path="checkout/tax.py",
    patch=_diff(
        1,
        1,
        "",
        " from decimal import Decimal",
        " ",
        '-SHOP_RATE = Decimal("0.19")',
        "+",
        "+def load_rules() -> dict[str, Rule]:",
        "+    with httpx.Client(base_url=settings.tax_service) as client:",
        '+        return {rule["region"]: Rule(**rule) for rule in client.get("/rules").json()}',
    ),
)
_PRICING_TEST = FileChange(
    path="tests/orders/test_pricing.py",
    patch=_diff(
        59,
        59,
        "def test_prices_an_empty_order() -> None:",
        "     assert price(Order(customer={}, lines=[]), rules={}).total == 0",
        " ",
        " ",
        "+def test_prices_an_order_by_the_rules_of_the_region(customer_in_bavaria: Customer) -> None:",
        '+    order = Order(customer=customer_in_bavaria, lines=[Line("MUG-07", Decimal("12.40"))])',
        '+    assert price(order, rules={"DE-BY": Rule(rate=Decimal("0.19"))}).total == Decimal("14.76")',
        "+",
        "+",
        " def test_prices_an_order_of_a_customer_saved_before_2024(customer_saved_in_2023: Customer) -> None:",
    ),
)
_RULES_DOCUMENT = FileChange(
    path="docs/tax.md",
    status="added",
    patch=_diff(
        0,
        1,
        "",
        "+# Tax rules",
        "+",
        "+Every customer has a tax region. Its rule gives the rate for every line of an order.",
    ),
)
TAX_RULES = (
    ("Load tax rules by region", (_RULES,)),
    ("Price every line by the customer's region", (_PRICING, _PRICING_TEST)),
    ("Describe the tax rules", (_RULES_DOCUMENT,)),
)
"""Message and files of each push of the story's pull request."""
FIX = (
    FileChange(
        path="checkout/pricing.py",
        patch=_diff(
            43,
            43,
            "def price(order: Order, rules: Mapping[str, Rule]) -> Priced:",
            " ",
            " ",
            " def rate_of(customer: Mapping[str, Any], rules: Mapping[str, Rule]) -> Decimal:",
            '-    return rules[customer["tax_region"]].rate',
            '+    region = customer.get("tax_region") or customer["country"]',
            "+    return rules[region].rate",
        ),
    ),
)


def change_of(path: str, number: int, push: int) -> FileChange:
    """A small change, as most commits make one: the first push changes a file, later ones add tests."""
    line = between(4, 180, "line", path, number)
    if push:
        lines = (f"+def test_change_{number}_{push}() -> None:", f"+    assert changed({number}) == {push}")
        path = f"tests/changes/test_{number}_{push}.py"
        return FileChange(path=path, status="added", patch=_diff(0, 1, "", *lines))
    if path == "pyproject.toml":
        lines = (" dependencies = [", f'-    "one=={number % 7}.0",', f'+    "one=={number % 7}.1",', " ]")
    elif path.endswith((".md", ".yml")):
        lines = (" ", f"+Since #{number} this is here.", " ")
    else:
        lines = (" ", "-    return answer", "+    return checked(answer)", " ")
    return FileChange(path=path, patch=_diff(line, line, "", *lines))
