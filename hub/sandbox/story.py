"""The one story that the sandboxes of all connectors tell: a deploy of checkout at 14:05 that raised errors."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

Clock = Callable[[], float]
"""The present in unix seconds; `time.time` unless a test brings its own."""

NOTICE = "hub sandbox: simulated data, no real service behind it"
"""What every sandbox says of itself wherever a person looks."""

_DEPLOY_HOUR, _DEPLOY_MINUTE = 14, 5
_SETTLED = timedelta(minutes=30)


@dataclass(frozen=True, kw_only=True)
class Person:
    """Someone in the story.

    Attributes:
        handle: The same on GitHub, in Slack and before the @ of the address.
    """

    name: str
    handle: str
    role: str

    @property
    def email(self) -> str:
        """Address in a domain reserved for examples (RFC 2606)."""
        return f"{self.handle}@shop.example"


@dataclass(frozen=True, kw_only=True)
class Customer:
    """A customer the incident hit.

    Attributes:
        orders_per_day: Orders on an ordinary day.
        orders_failed: Orders that failed in the first hour after the deploy.
    """

    name: str
    tier: str
    orders_per_day: int
    orders_failed: int


@dataclass(frozen=True, kw_only=True)
class Release:
    """One released version of a service.

    Attributes:
        commit: Full SHA-1 of the commit it was built from.
        deployed_at: When its first instance started.
    """

    service: str
    version: str
    commit: str
    deployed_at: datetime


MAYA = Person(name="Maya Lindqvist", handle="maya.lindqvist", role="on call for checkout")
TOMAS = Person(name="Tomás Rey", handle="tomas.rey", role="wrote the change")
AIKO = Person(name="Aiko Brandt", handle="aiko.brandt", role="engineering manager of payments")
OMAR = Person(name="Omar Haddad", handle="omar.haddad", role="customer support")

CUSTOMERS = (
    Customer(name="Northwind Outfitters", tier="enterprise", orders_per_day=41_000, orders_failed=118),
    Customer(name="Blue Harbor Books", tier="enterprise", orders_per_day=27_500, orders_failed=79),
    Customer(name="Juniper & Pine", tier="growth", orders_per_day=6_200, orders_failed=17),
    Customer(name="Kettle Street Coffee", tier="growth", orders_per_day=3_900, orders_failed=11),
)


@dataclass(frozen=True, kw_only=True)
class Story:
    """What happened, with times that lie in the past of whoever looks.

    Attributes:
        deploy_at: The last 14:05 UTC that is at least 30 minutes old when the story begins.
    """

    deploy_at: datetime

    service: str = "checkout"
    team: str = "payments"
    namespace: str = "shop"
    cluster: str = "shop-sandbox"
    repository: str = "shop-sandbox/checkout"
    workflow: str = "deploy.yml"
    pull_request: int = 617
    pull_request_title: str = "Price orders with the tax rules of the customer's region"
    issue_key: str = "SHOP-1842"
    issue_title: str = "Checkout answers 500 for orders without a tax region"
    channel: str = "checkout-incidents"
    alert: str = "CheckoutErrorRateHigh"
    runbook: str = "https://runbooks.shop.example/checkout/error-rate"
    exception: str = "KeyError"
    error: str = "KeyError: 'tax_region'"
    error_path: str = "POST /orders"
    cause: str = (
        "1.43.0 looks up tax rules by the customer's region for every order line. Customers saved before 2024 "
        "have no region, so the lookup raises KeyError: 'tax_region'; for all others it makes orders slow."
    )
    author: Person = TOMAS
    on_call: Person = MAYA
    manager: Person = AIKO
    support: Person = OMAR
    customers: tuple[Customer, ...] = CUSTOMERS

    @classmethod
    def beginning(cls, clock: Clock = time.time) -> "Story":
        """The story as seen from the clock's present; its times stay fixed from then on."""
        now = datetime.fromtimestamp(clock(), UTC)
        deploy = now.replace(hour=_DEPLOY_HOUR, minute=_DEPLOY_MINUTE, second=0, microsecond=0)
        return cls(deploy_at=deploy if now - deploy >= _SETTLED else deploy - timedelta(days=1))

    def after(self, *, hours: float = 0, minutes: float = 0, seconds: float = 0) -> datetime:
        """A moment so long after the deploy; negative for before."""
        return self.deploy_at + timedelta(hours=hours, minutes=minutes, seconds=seconds)

    @property
    def releases(self) -> tuple[Release, ...]:
        """Checkout's releases, oldest first; the last one is the bad one."""
        days_ago = {"1.41.3": 19.2, "1.42.0": 6.3, "1.43.0": 0.0}
        commits = {
            "1.41.3": "5b0e6d1f4a7c92e83d10b6f7a4c5e2981d3f60ab",
            "1.42.0": "c41f09a2be7d5386f1a0d4b8e63c7925fa18d07e",
            "1.43.0": "9f3c2b7e1d84a650cb92f7e3085d1a6c4be7f219",
        }
        return tuple(
            Release(
                service=self.service,
                version=version,
                commit=commits[version],
                deployed_at=self.after(hours=-24 * days),
            )
            for version, days in days_ago.items()
        )

    @property
    def good_release(self) -> Release:
        """The version that worked, and the one to roll back to."""
        return self.releases[-2]

    @property
    def bad_release(self) -> Release:
        """The version deployed at 14:05."""
        return self.releases[-1]
