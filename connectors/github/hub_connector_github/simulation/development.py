"""A month of development in the simulated repository: pull requests, their pushes, merges and releases."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hub.sandbox.story import Story
from hub_connector_github.simulation.accounts import AIKO_ACCOUNT, DEPENDABOT, MAYA_ACCOUNT, TOMAS_ACCOUNT, Account
from hub_connector_github.simulation.noise import between, noise, pick, sha1_like
from hub_connector_github.simulation.patches import FIX, TAX_RULES, change_of
from hub_connector_github.simulation.repository import Commit, FileChange, PullRequest, Repository, Tag

HISTORY_DAYS = 30
_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60
_FIRST_NUMBER = 580
_BUILD_SECONDS = 20 * _MINUTE
"""From a merge to the deploy of what it became, at least."""
_DRAFT, _GIVEN_UP = 613, 606
_AFTER = ("Retry the first request after a rollout", "retry-after-rollout", "checkout/payment_client.py")
LAST_PUSH = -155 * _MINUTE
"""When the story's pull request was last pushed to, in seconds from the deploy."""
FIX_NUMBER = 619
UNFINISHED_NUMBER, QUEUED_NUMBER = 618, 620

_TITLES = (
    ("Read the tax service's address from the environment", "tax-service-address", "checkout/settings.py"),
    ("Bump httpx from 0.28.0 to 0.28.1", "dependabot/pip/httpx-0.28.1", "pyproject.toml"),
    ("Show the order number in the confirmation", "order-number", "checkout/confirmation.py"),
    ("Refuse orders with more than 500 lines", "limit-order-lines", "checkout/orders.py"),
    ("Describe how to run the integration tests", "docs-integration", "docs/testing.md"),
    ("Close connections to the payment service on shutdown", "close-payment", "checkout/payment_client.py"),
    (
        "Bump actions/checkout from 4 to 5",
        "dependabot/github_actions/actions/checkout-5",
        ".github/workflows/ci.yml",
    ),
    ("Count failed orders by reason", "count-failures", "checkout/metrics.py"),
    ("Split the price of an order from its total", "split-price", "checkout/pricing.py"),
    ("Keep the cart when the payment is declined", "keep-cart", "checkout/cart.py"),
    ("Run the unit tests on Python 3.13 too", "python-3.13", ".github/workflows/ci.yml"),
    ("Name the currency in every amount", "currency", "checkout/money.py"),
    ("Bump pydantic from 2.12.3 to 2.12.4", "dependabot/pip/pydantic-2.12.4", "pyproject.toml"),
    ("Stop logging the whole order", "log-less", "checkout/orders.py"),
    ("Make the rounding of totals explicit", "rounding", "checkout/cart.py"),
    ("Answer 409 for an order placed twice", "order-twice", "checkout/api.py"),
    ("Load tax rules at start", "load-tax-rules", "checkout/tax.py"),
    ("Add the customer's language to the order", "order-language", "checkout/orders.py"),
    ("Use one connection pool for all services", "one-pool", "checkout/http.py"),
    ("Bump pytest from 9.0.0 to 9.0.1", "dependabot/pip/pytest-9.0.1", "pyproject.toml"),
    ("Give the load test a limit for p99", "load-test-limit", "scripts/load-test"),
    ("Write shipping costs as a line of their own", "shipping-line", "checkout/pricing.py"),
    ("Let support see why a payment failed", "payment-reasons", "checkout/support.py"),
    ("Wait for the rollout before tagging", "wait-for-rollout", ".github/workflows/deploy.yml"),
    ("Remove the old voucher code", "no-vouchers", "checkout/vouchers.py"),
    ("Check the address before the payment", "check-address", "checkout/orders.py"),
    ("Try gRPC for the payment service", "payment-grpc", "checkout/payment_client.py"),
    ("Bump uvicorn from 0.38.0 to 0.38.1", "dependabot/pip/uvicorn-0.38.1", "pyproject.toml"),
    ("Sort order lines by when they were added", "sort-lines", "checkout/orders.py"),
    ("Cache the list of countries", "cache-countries", "checkout/countries.py"),
    ("Test prices of customers saved before 2024", "test-old-customers", "tests/orders/test_pricing.py"),
    ("Say which field of an address is wrong", "address-fields", "checkout/addresses.py"),
    ("Show delivery dates as ranges", "delivery-ranges", "checkout/delivery.py"),
    ("Draft: orders in parts", "orders-in-parts", "checkout/orders.py"),
    ("Log the tax region of every order", "log-tax-region", "checkout/tax.py"),
    ("Bump starlette from 1.2.0 to 1.3.0", "dependabot/pip/starlette-1.3.0", "pyproject.toml"),
    ("Measure how long prices take", "measure-prices", "checkout/metrics.py"),
)


@dataclass(frozen=True, kw_only=True)
class Sketch:
    """A pull request before its commits have parents; times in unix seconds."""

    number: int
    title: str
    branch: str
    author: Account
    pushes: tuple[int, ...]
    changes: tuple[tuple[str, tuple[FileChange, ...]], ...]
    """Message and files of each push."""
    merged_at: int | None
    closed_at: int | None = None
    draft: bool = False
    body: str = ""


def repository_of(story: Story, begin: float) -> Repository:
    """The repository of a story.

    Args:
        story: What happened.
        begin: When the sandbox began, in unix seconds; somebody has just pushed then.
    """
    deploy = int(story.deploy_at.timestamp())
    sketches = [*_ordinary(deploy), *_of_the_story(story, deploy, int(begin))]
    main = list(_main(story, sketches, deploy))
    pulls = [_pull_request(sketch, main) for sketch in sketches]
    tags = [
        Tag(name=f"v{release.version}", sha=release.commit, at=int(release.deployed_at.timestamp()))
        for release in story.releases
    ]
    return Repository(main, pulls, tags)


def _ordinary(deploy: int) -> Iterator[Sketch]:
    """The pull requests before the one of the story."""
    first = deploy - HISTORY_DAYS * _DAY + 5 * _HOUR
    every = (HISTORY_DAYS - 2) * _DAY // len(_TITLES)
    for index, (title, branch, path) in enumerate(_TITLES):
        number = _FIRST_NUMBER + index
        bumps = branch.startswith("dependabot/")
        author = DEPENDABOT if bumps else pick((TOMAS_ACCOUNT, TOMAS_ACCOUNT, MAYA_ACCOUNT, AIKO_ACCOUNT), number)
        opened = first + index * every + between(0, every // 2, "opened", number)
        pushes = [opened]
        for push in range(0 if bumps else between(1, 5, "pushes", number)):
            soon = noise("soon", number, push) < 0.18
            low, high = (3 * _MINUTE, 8 * _MINUTE) if soon else (35 * _MINUTE, 4 * _HOUR)
            pushes.append(pushes[-1] + between(low, high, "push", number, push))
        ended = min(pushes[-1] + between(25 * _MINUTE, 6 * _HOUR, "merged", number), deploy - 5 * _HOUR)
        messages = [title, *(pick(_AMENDMENTS, number, push) for push in range(len(pushes) - 1))]
        yield Sketch(
            number=number,
            title=title,
            branch=branch,
            author=author,
            pushes=tuple(pushes),
            changes=tuple((message, (change_of(path, number, push),)) for push, message in enumerate(messages)),
            merged_at=None if number in (_DRAFT, _GIVEN_UP) else ended,
            closed_at=None if number == _DRAFT else ended,
            draft=number == _DRAFT,
        )


_AMENDMENTS = ("Address the review", "Mend the tests", "Say it more plainly", "Add a test", "Rename", "Format")


def _of_the_story(story: Story, deploy: int, begin: int) -> Iterator[Sketch]:
    """The pull request that was deployed at 14:05, the one that mends it, and two that are under way."""
    merged = deploy - 21 * _MINUTE
    yield Sketch(
        number=story.pull_request,
        title=story.pull_request_title,
        branch="tax-rules-by-region",
        author=TOMAS_ACCOUNT,
        pushes=(deploy - 28 * _HOUR, deploy - 26 * _HOUR, deploy + LAST_PUSH),
        changes=TAX_RULES,
        merged_at=merged,
        closed_at=merged,
        body="Prices follow the tax rules of the customer's region instead of the shop's.\n\nFor SHOP-1801.",
    )
    title, branch, path = _AFTER
    yield Sketch(
        number=UNFINISHED_NUMBER,
        title=title,
        branch=branch,
        author=AIKO_ACCOUNT,
        pushes=(deploy - 5 * _HOUR, begin - 150),
        changes=tuple(
            (text, (change_of(path, UNFINISHED_NUMBER, push),)) for push, text in enumerate((title, "Add a test"))
        ),
        merged_at=None,
    )
    mends = "Price orders of customers without a tax region by the rules of their country"
    yield Sketch(
        number=FIX_NUMBER,
        title=mends,
        branch="tax-region-fallback",
        author=TOMAS_ACCOUNT,
        pushes=(deploy + 24 * _MINUTE,),
        changes=((mends, FIX),),
        merged_at=None,
        body=f"Customers saved before 2024 have no region: `{story.error}`.\n\nFixes {story.issue_key}.",
    )
    yield Sketch(
        number=QUEUED_NUMBER,
        title="Bump cryptography from 46.0.2 to 46.0.3",
        branch="dependabot/pip/cryptography-46.0.3",
        author=DEPENDABOT,
        pushes=(begin - 45,),
        changes=(("Bump cryptography from 46.0.2 to 46.0.3", (change_of("pyproject.toml", QUEUED_NUMBER, 0),)),),
        merged_at=None,
    )


def _main(story: Story, sketches: Sequence[Sketch], deploy: int) -> Iterator[Commit]:
    """The commits of main; what was merged last before a release is the commit it was built from."""
    merges = sorted(
        ((sketch.merged_at, sketch) for sketch in sketches if sketch.merged_at is not None),
        key=lambda pair: (pair[0], pair[1].number),
    )
    released: dict[int, str] = {}
    for release in story.releases:
        built = int(release.deployed_at.timestamp()) - _BUILD_SECONDS
        last = [sketch.number for at, sketch in merges if at <= built][-1]
        released[last] = release.commit
    parent = ""
    for at, number, title, author, files in [
        (deploy - (HISTORY_DAYS + 5) * _DAY, 0, "Wait longer for the payment service", AIKO_ACCOUNT, ()),
        *(
            (at, one.number, one.title, one.author, tuple(file for _, files in one.changes for file in files))
            for at, one in merges
        ),
    ]:
        sha = released.get(number) or sha1_like("main", number, title)
        message = f"{title} (#{number})" if number else title
        kept = files or (change_of("checkout/payment_client.py", 0, 0),)
        by_path = {file.path: file for file in kept}
        yield Commit(
            sha=sha,
            parent=parent,
            message=message,
            author=author,
            at=at,
            files=tuple(by_path.values()),
            pull_request=number,
        )
        parent = sha


def _pull_request(sketch: Sketch, main: Sequence[Commit]) -> PullRequest:
    parent = [commit for commit in main if commit.at <= sketch.pushes[0]][-1].sha
    commits: list[Commit] = []
    for push, (at, (message, files)) in enumerate(zip(sketch.pushes, sketch.changes, strict=True)):
        sha = sha1_like("pull", sketch.number, push, at)
        commits.append(
            Commit(
                sha=sha,
                parent=parent,
                message=message,
                author=sketch.author,
                at=at,
                files=files,
                pull_request=sketch.number,
            )
        )
        parent = sha
    return PullRequest(
        number=sketch.number,
        title=sketch.title,
        body=sketch.body,
        branch=sketch.branch,
        author=sketch.author,
        commits=tuple(commits),
        opened_at=sketch.pushes[0],
        merged_at=sketch.merged_at,
        merge_sha=next((one.sha for one in main if sketch.merged_at and one.pull_request == sketch.number), ""),
        closed_at=sketch.closed_at,
        draft=sketch.draft,
    )
