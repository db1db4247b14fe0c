"""The fields of the simulated site: Jira's own, those of this company, and the many that nobody fills in."""

from dataclasses import dataclass

from hub.sandbox.story import CUSTOMERS
from hub_connector_jira.simulation.site import BUG, EPIC, INCIDENT, SERVICES, STORY, SUBTASK, TASK, Named
from hub_connector_jira.simulation.workflow import ROOT_CAUSE

_TYPES = "com.atlassian.jira.plugin.system.customfieldtypes:"
_ALL = (EPIC, STORY, TASK, BUG, INCIDENT, SUBTASK)

SPRINT, POINTS, RANK, EPIC_LINK, DEVELOPMENT = (
    "customfield_10020",
    "customfield_10028",
    "customfield_10019",
    "customfield_10014",
    "customfield_10000",
)
SEVERITY, SERVICE, IMPACT = "customfield_10050", "customfield_10051", "customfield_10052"
DETECTED, CUSTOMERS_HIT, HIT, LEAD, RUNBOOK, REGION, APPROVERS, TEAM_TEXT = (
    f"customfield_{10_054 + number}" for number in range(8)
)
UNUSED = (
    "Approval state", "Blocked reason", "Budget code", "Business owner", "CAB reference", "Change risk",
    "Compliance review", "Contract number", "Cost centre", "Customer tier", "Data classification", "Demo notes",
    "Design link", "Discovery notes", "Effort bucket", "Escalation path", "External reference", "Flagged by",
    "Forecast", "Go-live window", "Impacted regions", "Legal review", "Market", "Migration wave", "OKR",
    "Partner", "Penetration test", "Product area", "Quarter", "Reach score", "Release train", "Revenue at risk",
    "Risk owner", "Rollout percentage", "Satisfaction", "Security review", "Stakeholders", "Steering group",
    "Supplier", "Support ticket", "Target date", "Test environment", "Test plan", "Time zone", "Translation",
    "Usability notes", "Vendor case", "Workaround", "Year",
)  # fmt: skip
"""Custom fields that exist and are empty everywhere, as on every site that has grown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """A field.

    Attributes:
        type: `schema.type`: string, doc, number, date, datetime, option, user, array…
        items: `schema.items` of an array.
        custom: Key of the custom field's type; empty for system fields.
        clauses: Names in JQL; none if it cannot be searched.
        screens: Ids of the issue types whose create and edit screens show it.
        required: Ids of the issue types that require it on create.
        options: What a select field offers.
    """

    id: str
    name: str
    type: str
    items: str = ""
    custom: str = ""
    clauses: tuple[str, ...] = ()
    screens: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    options: tuple[Named, ...] = ()
    children: tuple[tuple[str, tuple[Named, ...]], ...] = ()

    @property
    def number(self) -> int:
        """The number in a custom field's id."""
        return int(self.id.rpartition("_")[2])

    @property
    def is_text_area(self) -> bool:
        """Whether it holds rich text."""
        return self.id in ("description", "environment") or self.custom.endswith(":textarea")


def _system(
    id_: str,
    name: str,
    type_: str,
    items: str = "",
    clauses: tuple[str, ...] | None = None,
    *,
    screens: tuple[str, ...] = (),
    required: tuple[str, ...] = (),
) -> Field:
    return Field(
        id=id_,
        name=name,
        type=type_,
        items=items,
        clauses=(id_,) if clauses is None else clauses,
        screens=screens,
        required=required,
    )


def _custom(
    id_: str,
    name: str,
    type_: str,
    custom: str,
    *,
    items: str = "",
    screens: tuple[str, ...] = (),
    required: tuple[str, ...] = (),
    options: tuple[Named, ...] = (),
    children: tuple[tuple[str, tuple[Named, ...]], ...] = (),
) -> Field:
    number = id_.rpartition("_")[2]
    return Field(
        id=id_,
        name=name,
        type=type_,
        items=items,
        custom=custom if ":" in custom else _TYPES + custom,
        clauses=(f"cf[{number}]", name),
        screens=screens,
        required=required,
        options=options,
        children=children,
    )


def _options(first: int, names: tuple[str, ...]) -> tuple[Named, ...]:
    return tuple(Named(id=str(first + number), name=name) for number, name in enumerate(names))


_REGIONS = _options(10_340, ("Europe", "North America"))
SYSTEM_FIELDS = (
    _system("issuekey", "Key", "string", clauses=("id", "issue", "issuekey", "key")),
    _system("project", "Project", "project", screens=_ALL, required=_ALL),
    _system("issuetype", "Issue Type", "issuetype", clauses=("issuetype", "type"), screens=_ALL, required=_ALL),
    _system("summary", "Summary", "string", screens=_ALL, required=_ALL),
    _system("description", "Description", "string", screens=_ALL),
    _system("environment", "Environment", "string", screens=(BUG, INCIDENT)),
    _system("status", "Status", "status"),
    _system("statusCategory", "Status Category", "statusCategory"),
    _system(
        "statuscategorychangedate", "Status Category Changed", "datetime", clauses=("statusCategoryChangedDate",)
    ),
    _system("priority", "Priority", "priority", screens=_ALL),
    _system("resolution", "Resolution", "resolution"),
    _system("resolutiondate", "Resolved", "datetime", clauses=("resolutiondate", "resolved")),
    _system("assignee", "Assignee", "user", screens=_ALL),
    _system("reporter", "Reporter", "user", screens=_ALL),
    _system("creator", "Creator", "user"),
    _system("created", "Created", "datetime", clauses=("created", "createdDate")),
    _system("updated", "Updated", "datetime", clauses=("updated", "updatedDate")),
    _system("duedate", "Due date", "date", clauses=("due", "duedate"), screens=(STORY, TASK, BUG, EPIC)),
    _system("labels", "Labels", "array", "string", screens=_ALL),
    _system("components", "Components", "array", "component", ("component",), screens=_ALL),
    _system("fixVersions", "Fix versions", "array", "version", ("fixVersion",), screens=_ALL),
    _system("versions", "Affects versions", "array", "version", ("affectedVersion",), screens=(BUG, INCIDENT)),
    _system("parent", "Parent", "issuelink", clauses=("parent",), screens=(STORY, TASK, BUG, INCIDENT, SUBTASK)),
    _system("subtasks", "Sub-tasks", "array", "issuelinks", ()),
    _system("issuelinks", "Linked Issues", "array", "issuelinks", ("issueLink",), screens=_ALL),
    _system("attachment", "Attachment", "array", "attachment", ("attachments",), screens=_ALL),
    _system("comment", "Comment", "comments-page", clauses=("comment",)),
    _system("worklog", "Log Work", "array", "worklog", ()),
    _system("timetracking", "Time tracking", "timetracking", clauses=(), screens=(STORY, TASK, BUG, SUBTASK)),
    _system("timeoriginalestimate", "Original estimate", "number", clauses=("originalEstimate",)),
    _system("timeestimate", "Remaining Estimate", "number", clauses=("remainingEstimate",)),
    _system("timespent", "Time Spent", "number", clauses=("timespent",)),
    _system("watches", "Watchers", "watches", clauses=("watchers",)),
    _system("votes", "Votes", "votes", clauses=("votes",)),
)
CUSTOM_FIELDS = (
    _custom(DEVELOPMENT, "Development", "any",
            "com.atlassian.jira.plugins.jira-development-integration:devsummarycf"),
    _custom(EPIC_LINK, "Epic Link", "any", "com.pyxis.greenhopper.jira:gh-epic-link",
            screens=(STORY, TASK, BUG, INCIDENT)),
    _custom(RANK, "Rank", "any", "com.pyxis.greenhopper.jira:gh-lexo-rank"),
    _custom(SPRINT, "Sprint", "array", "com.pyxis.greenhopper.jira:gh-sprint", items="json",
            screens=(STORY, TASK, BUG, INCIDENT)),
    _custom(POINTS, "Story Points", "number", "float", screens=(STORY, TASK, BUG)),
    _custom(SEVERITY, "Severity", "option", "select", screens=(BUG, INCIDENT), required=(BUG, INCIDENT),
            options=_options(10_300, ("Sev 1", "Sev 2", "Sev 3", "Sev 4"))),
    _custom(SERVICE, "Affected service", "option", "select", screens=(BUG, INCIDENT), required=(BUG, INCIDENT),
            options=_options(10_310, SERVICES)),
    _custom(IMPACT, "Customer impact", "string", "textarea", screens=(INCIDENT,), required=(INCIDENT,)),
    _custom(ROOT_CAUSE, "Root cause", "string", "textarea", screens=(INCIDENT,)),
    _custom(DETECTED, "Detected at", "datetime", "datetime", screens=(INCIDENT,)),
    _custom(CUSTOMERS_HIT, "Affected customers", "number", "float", screens=(BUG, INCIDENT)),
    _custom(HIT, "Customers", "array", "multiselect", items="option", screens=(BUG, INCIDENT, STORY),
            options=_options(10_320, tuple(customer.name for customer in CUSTOMERS))),
    _custom(LEAD, "Incident lead", "user", "userpicker", screens=(INCIDENT,)),
    _custom(RUNBOOK, "Runbook", "string", "url", screens=(INCIDENT,)),
    _custom(REGION, "Region", "option-with-child", "cascadingselect", screens=(BUG, INCIDENT), options=_REGIONS,
            children=(("10340", _options(10_350, ("Germany", "France", "Sweden"))),
                      ("10341", _options(10_360, ("Canada", "United States"))))),
    _custom(APPROVERS, "Approvers", "array", "multiuserpicker", items="user", screens=(STORY, TASK)),
    _custom(TEAM_TEXT, "Team", "string", "textfield", screens=_ALL),
    _custom("customfield_10001", "Team", "team", "atlassian-team"),
    *(_custom(f"customfield_{10_100 + n}", name, "string", "textfield") for n, name in enumerate(UNUSED)),
)  # fmt: skip
FIELDS = SYSTEM_FIELDS + CUSTOM_FIELDS


def field_of(id_: str) -> Field | None:
    """The field with this id."""
    return next((field for field in FIELDS if field.id == id_), None)


def known_field(id_: str) -> Field:
    """The same, for an id that is certain to exist."""
    return next(field for field in FIELDS if field.id == id_)


def screen_of(issue_type: str, *, simple: bool) -> list[Field]:
    """The fields one fills in when creating an issue.

    Args:
        issue_type: Its id.
        simple: For projects without the company's own fields.
    """
    return [field for field in FIELDS if issue_type in field.screens and not (simple and field.custom)]


def is_required(field: Field, issue_type: str) -> bool:
    """Whether an issue of this type cannot be created without the field."""
    return issue_type in field.required
