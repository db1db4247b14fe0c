"""Files attached to issues; their bytes are made when someone downloads them."""

import csv
import io
import struct
import zlib
from collections.abc import Callable

from hub.sandbox.story import Story
from hub_connector_jira.simulation.world.chance import chance

_PIXEL_ROWS, _PIXEL_COLUMNS = 120, 360
_LOG_LINES = 1_200


def error_log(story: Story) -> Callable[[], bytes]:
    """What checkout wrote in the first minutes after the deploy: mostly ordinary lines, some tracebacks."""

    def content() -> bytes:
        lines: list[str] = []
        for number in range(_LOG_LINES):
            at = story.after(seconds=5 + number * 0.5).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
            pod = f"checkout-7f9d6b5c4-{('x2k8p', 'm4wqz', 'tt9vd')[number % 3]}"
            order = 880_000 + number
            if chance("error", number) < 0.07:
                lines += [
                    f"{at} {pod} ERROR request={order} {story.error_path} 500 tenant={_customer(story, number)}",
                    "Traceback (most recent call last):",
                    '  File "/app/checkout/orders.py", line 212, in place_order',
                    "    total = price(order, rules_of(order.customer))",
                    '  File "/app/checkout/tax.py", line 58, in rules_of',
                    '    return RULES[customer["tax_region"]]',
                    story.error,
                ]
            else:
                took = int(40 + 90 * chance("took", number))
                lines.append(f"{at} {pod} INFO request={order} {story.error_path} 201 {took}ms")
        return ("\n".join(lines) + "\n").encode()

    return content


def failed_orders(story: Story) -> Callable[[], bytes]:
    """The customers hit and how many of their orders failed, as CSV."""

    def content() -> bytes:
        table = io.StringIO()
        rows = csv.writer(table)
        rows.writerow(("customer", "tier", "orders_failed", "orders_per_day"))
        for customer in story.customers:
            rows.writerow((customer.name, customer.tier, customer.orders_failed, customer.orders_per_day))
        return table.getvalue().encode()

    return content


def error_rate_chart() -> bytes:
    """A picture of the error rate: flat, then a step at the deploy."""
    rows = bytearray()
    for row in range(_PIXEL_ROWS):
        rows.append(0)  # no filter
        for column in range(_PIXEL_COLUMNS):
            share = 0.03 if column < _PIXEL_COLUMNS // 3 else 0.75
            height = int(_PIXEL_ROWS * (1 - share - 0.05 * chance("chart", column)))
            axis = row in (0, _PIXEL_ROWS - 1) or column in (0, _PIXEL_COLUMNS // 3)
            rows += b"\x99\x99\x99" if axis else b"\xd0\x21\x1c" if row >= height else b"\xff\xff\xff"
    return _png(bytes(rows))


def screenshot(key: str) -> Callable[[], bytes]:
    """A plain picture whose colour belongs to the issue."""

    def content() -> bytes:
        color = bytes(int(256 * chance(key, part)) for part in range(3))
        return _png((b"\x00" + color * _PIXEL_COLUMNS) * _PIXEL_ROWS)

    return content


def _customer(story: Story, number: int) -> str:
    return story.customers[number % len(story.customers)].name.lower().replace(" & ", "-").replace(" ", "-")


def _png(rows: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", _PIXEL_COLUMNS, _PIXEL_ROWS, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
