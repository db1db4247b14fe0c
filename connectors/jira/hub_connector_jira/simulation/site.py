"""What an administrator has set up: statuses, priorities, link types, issue types and projects."""

from dataclasses import dataclass

from hub.sandbox.story import Story


@dataclass(frozen=True, kw_only=True, slots=True)
class Category:
    """A status category."""

    id: int
    key: str
    name: str
    color: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """A status of a workflow."""

    id: str
    name: str
    category: Category
    description: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """Anything with an id and a name: a priority, a resolution, an option of a field."""

    id: str
    name: str
    description: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkType:
    """A kind of link between issues."""

    id: str
    name: str
    inward: str
    outward: str


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueType:
    """A kind of issue.

    Attributes:
        level: 1 for epics, 0 for ordinary issues, -1 for sub-tasks.
    """

    id: str
    name: str
    description: str
    level: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Component:
    """A component of a project."""

    id: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """A version of a project.

    Attributes:
        date: Day of the release, done or planned; empty if there is none.
    """

    id: str
    name: str
    released: bool
    date: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """A project.

    Attributes:
        access: What the caller may do there: `write`, `read`, or nothing at all (`hidden`).
        lead: Handle of whoever leads it.
    """

    id: str
    key: str
    name: str
    description: str
    lead: str
    types: tuple[str, ...]
    components: tuple[Component, ...] = ()
    versions: tuple[Version, ...] = ()
    access: str = "write"


TO_DO_CATEGORY = Category(id=2, key="new", name="To Do", color="blue-gray")
BUSY_CATEGORY = Category(id=4, key="indeterminate", name="In Progress", color="yellow")
DONE_CATEGORY = Category(id=3, key="done", name="Done", color="green")
CATEGORIES = (TO_DO_CATEGORY, BUSY_CATEGORY, DONE_CATEGORY)

STATUSES = (
    Status(id="10000", name="To Do", category=TO_DO_CATEGORY),
    Status(id="3", name="In Progress", category=BUSY_CATEGORY, description="Someone is working on it."),
    Status(id="10001", name="In Review", category=BUSY_CATEGORY),
    Status(id="10003", name="Blocked", category=BUSY_CATEGORY),
    Status(id="10002", name="Done", category=DONE_CATEGORY),
    Status(id="10010", name="Investigating", category=BUSY_CATEGORY, description="The cause is being looked for."),
    Status(id="10011", name="Mitigated", category=BUSY_CATEGORY, description="Customers are no longer affected."),
    Status(id="10012", name="Resolved", category=DONE_CATEGORY, description="The cause is removed."),
)
PRIORITIES = tuple(
    Named(id=str(number), name=name)
    for number, name in enumerate(("Highest", "High", "Medium", "Low", "Lowest"), start=1)
)
"""From the most urgent on; JQL compares by this order."""
RESOLUTIONS = (
    Named(id="10000", name="Done", description="Work has been completed on this issue."),
    Named(id="10001", name="Fixed", description="A fix has been released."),
    Named(id="10002", name="Won't Do", description="This issue won't be actioned."),
    Named(id="10003", name="Duplicate", description="The problem is a duplicate of an existing issue."),
    Named(id="10004", name="Cannot Reproduce", description="All attempts at reproducing this issue failed."),
)
LINK_TYPES = (
    LinkType(id="10000", name="Blocks", inward="is blocked by", outward="blocks"),
    LinkType(id="10001", name="Cloners", inward="is cloned by", outward="clones"),
    LinkType(id="10002", name="Duplicate", inward="is duplicated by", outward="duplicates"),
    LinkType(id="10003", name="Relates", inward="relates to", outward="relates to"),
    LinkType(id="10004", name="Causes", inward="is caused by", outward="causes"),
)
EPIC, STORY, TASK, BUG, INCIDENT, SUBTASK = "10000", "10001", "10002", "10003", "10004", "10005"
ISSUE_TYPES = (
    IssueType(id=EPIC, name="Epic", description="A big piece of work that holds other issues.", level=1),
    IssueType(id=STORY, name="Story", description="Something a customer gains."),
    IssueType(id=TASK, name="Task", description="A small, distinct piece of work."),
    IssueType(id=BUG, name="Bug", description="A problem or error."),
    IssueType(id=INCIDENT, name="Incident", description="An unplanned interruption that customers notice."),
    IssueType(id=SUBTASK, name="Sub-task", description="A part of another issue.", level=-1),
)
COMPONENTS = ("Cart", "Orders API", "Payments", "Tax", "Shipping", "Storefront", "Promotions", "Platform")
SERVICES = ("checkout", "cart", "payment", "frontend")


def projects_of(story: Story) -> tuple[Project, ...]:
    """The projects; the first one is that of the story's service."""
    released = [(release.version, release.deployed_at.strftime("%Y-%m-%d")) for release in story.releases]
    planned = [("1.43.1", ""), ("1.44.0", story.after(hours=24 * 15).strftime("%Y-%m-%d"))]
    versions = (
        *(Version(id=str(10_100 + n), name=v, released=True, date=d) for n, (v, d) in enumerate(released)),
        *(Version(id=str(10_110 + n), name=v, released=False, date=d) for n, (v, d) in enumerate(planned)),
    )
    return (
        Project(
            id="10000",
            key=story.issue_key.partition("-")[0],
            name="Shop",
            description="Cart, checkout and everything between a customer and an order.",
            lead=story.manager.handle,
            types=(EPIC, STORY, TASK, BUG, INCIDENT, SUBTASK),
            components=tuple(Component(id=str(10_200 + n), name=name) for n, name in enumerate(COMPONENTS)),
            versions=versions,
        ),
        Project(
            id="10001",
            key="PAY",
            name="Payments, confidential",
            description="Contracts, fraud and keys. For the payments team alone.",
            lead=story.manager.handle,
            types=(TASK, BUG),
        ),
        Project(
            id="10002",
            key="OPS",
            name="Operations",
            description="Changes to the platform. Everyone may read it.",
            lead="daniel.osei",
            types=(TASK,),
            access="read",
        ),
        Project(
            id="10003",
            key="HR",
            name="People",
            description="Reviews and salaries.",
            lead="lucia.ferrer",
            types=(TASK,),
            access="hidden",
        ),
    )
