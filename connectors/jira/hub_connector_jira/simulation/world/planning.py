"""Boards, sprints and saved filters of the simulated site."""

from dataclasses import dataclass

from hub.sandbox.story import Story

DAY_MS = 86_400_000
SPRINT_MS = 14 * DAY_MS
_CLOSED = 12
_BEGUN_DAYS_AGO = 5


@dataclass(slots=True, kw_only=True)
class Sprint:
    """A sprint; times in unix milliseconds, None where they are not set."""

    id: int
    name: str
    state: str
    board: int
    start: int | None = None
    end: int | None = None
    completed: int | None = None
    goal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A board; only scrum boards have sprints."""

    id: int
    name: str
    type: str
    project: str
    filter: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A saved query; the owner by handle."""

    id: int
    name: str
    description: str
    jql: str
    owner: str
    favourite: bool = True


def sprints_of(story: Story) -> list[Sprint]:
    """The sprints, oldest first: a year's half of closed ones, one active for each team, two to come."""
    deploy = round(story.deploy_at.timestamp() * 1000)
    active = deploy - _BEGUN_DAYS_AGO * DAY_MS - 5 * 3_600_000
    found = [
        Sprint(
            id=101 + number,
            name=f"Checkout Sprint {35 + number}",
            state="closed",
            board=12,
            start=active - (_CLOSED - number) * SPRINT_MS,
            end=active - (_CLOSED - number - 1) * SPRINT_MS,
            completed=active - (_CLOSED - number - 1) * SPRINT_MS + 1_800_000,
            goal=_GOALS[number % len(_GOALS)],
        )
        for number in range(_CLOSED)
    ]
    found += [
        Sprint(
            id=113,
            name="Checkout Sprint 47",
            state="active",
            board=12,
            start=active,
            end=active + SPRINT_MS,
            goal="Orders are priced with the tax rules of the customer's region",
        ),
        Sprint(id=114, name="Checkout Sprint 48", state="future", board=12, start=active + SPRINT_MS,
               end=active + 2 * SPRINT_MS, goal="Guest checkout on one page"),
        Sprint(id=115, name="Checkout Sprint 49", state="future", board=12),
        Sprint(id=131, name="Payments Sprint 12", state="active", board=21, start=active, end=active + SPRINT_MS),
    ]  # fmt: skip
    return found


_GOALS = (
    "Fewer abandoned carts",
    "Every local payment method in one form",
    "No order without a delivery date",
    "Promotions that explain themselves",
)


def boards_of(project: str) -> tuple[Board, ...]:
    """The boards; `project` is that of the story's service."""
    return (
        Board(id=12, name="Checkout", type="scrum", project=project, filter=10_400),
        Board(id=14, name="Incidents", type="kanban", project=project, filter=10_401),
        Board(id=21, name="Payments", type="scrum", project="PAY", filter=10_403),
    )


def filters_of(story: Story, project: str) -> tuple[Filter, ...]:
    """The saved filters that the caller may see."""
    return (
        Filter(
            id=10_400,
            name="Checkout board",
            description="Everything on the board.",
            jql=f"project = {project} ORDER BY Rank ASC",
            owner=story.manager.handle,
        ),
        Filter(
            id=10_401,
            name="Open incidents",
            description="What on-call looks at first.",
            jql=f"project = {project} AND issuetype = Incident AND statusCategory != Done ORDER BY created DESC",
            owner=story.on_call.handle,
        ),
        Filter(
            id=10_402,
            name="Bugs customers told us about",
            description="",
            jql=f'project = {project} AND issuetype = Bug AND labels = "customer-reported" AND resolution is EMPTY',
            owner=story.support.handle,
            favourite=False,
        ),
        Filter(
            id=10_403,
            name="Payments board",
            description="",
            jql="project = PAY ORDER BY Rank ASC",
            owner=story.manager.handle,
            favourite=False,
        ),
    )
