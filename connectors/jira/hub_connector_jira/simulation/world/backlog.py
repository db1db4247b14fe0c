"""The project's ordinary issues: what a team of nine has done and plans to do in half a year."""

from typing import Any

from hub_connector_jira.simulation.bodies import Prose
from hub_connector_jira.simulation.fields import CUSTOMERS_HIT, HIT, IMPACT, POINTS, SERVICE, SEVERITY, SPRINT
from hub_connector_jira.simulation.issues import Issue
from hub_connector_jira.simulation.people import account_id
from hub_connector_jira.simulation.site import BUG, EPIC, INCIDENT, STORY, SUBTASK, TASK
from hub_connector_jira.simulation.workflow import ROOT_CAUSE
from hub_connector_jira.simulation.world.chance import chance, pick, shuffled
from hub_connector_jira.simulation.world.content import HOUR_MS, Content
from hub_connector_jira.simulation.world.files import screenshot
from hub_connector_jira.simulation.world.titles import EPICS, PAST_INCIDENTS, SUB_TASKS, titles
from hub_connector_jira.simulation.world.words import comment, description

SIZE = 256
CHANGE_AT = 207
"""Place of the story that the bad release carries."""
_HOURS_APART = 16.4
_SUB_TASK_EVERY = 10
_TEAM = (
    "tomas.rey", "priya.natarajan", "jonas.weber", "lucia.ferrer", "daniel.osei", "hana.kobayashi",
    "maya.lindqvist", "maya.okafor", "tomas.rey",
)  # fmt: skip
_REPORTERS = ("omar.haddad", "aiko.brandt", "priya.natarajan", "maya.lindqvist", "lucia.ferrer")
_LABELS = ("customer-reported", "tech-debt", "performance", "accessibility", "security", "quick-win", "flaky")
_SERVICE_OF = {"Cart": "10311", "Payments": "10312", "Storefront": "10313"}


def add_backlog(content: Content) -> None:
    """Add the issues before the incident, oldest first."""
    _Backlog(content).add()


class _Backlog:
    """Builds the backlog; `place` counts its issues from 0."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._project = content.projects[0]
        self._first = int(content.story.issue_key.partition("-")[2]) - SIZE
        self._components = {component.name: component.id for component in self._project.components}
        self._versions = [version.id for version in self._project.versions]
        self._epics: dict[str, Issue] = {}
        self._made: list[Issue] = []

    def add(self) -> None:
        epics = {place: (component, title) for place, component, title in EPICS}
        incidents = {place: (component, title) for place, component, title in PAST_INCIDENTS}
        ordinary = iter(shuffled(list(titles()), "backlog"))
        for place in range(SIZE):
            if place in epics:
                self._add_epic(place, *epics[place])
            elif place in incidents:
                self._add_incident(place, *incidents[place])
            elif place == CHANGE_AT:
                self._add_change(place)
            elif place % _SUB_TASK_EVERY == _SUB_TASK_EVERY - 1:
                self._add_sub_task(place)
            else:
                self._add_ordinary(place, *next(ordinary))
        self._link()

    def _created(self, place: int) -> int:
        hours = (SIZE - place) * _HOURS_APART - chance("created", place) * 9
        return self._content.deploy - round(hours * HOUR_MS)

    def _new(self, place: int, kind: str, component: str, title: str, text: str, **more: Any) -> Issue:
        created = self._created(place)
        values = {
            "issuetype": kind,
            "summary": title,
            "description": Prose(text),
            "components": [self._components[component]],
            "created": created,
            "reporter": account_id(pick(_REPORTERS, place, "reporter")),
            "labels": sorted({pick(_LABELS, place, "label", n) for n in range(int(3 * chance(place, "labels")))}),
        }
        issue = self._content.add(self._project, self._first + place, values | more)
        self._made.append(issue)
        return issue

    def _add_epic(self, place: int, component: str, title: str) -> None:
        text = f"{title}. What belongs to it is in the issues below."
        issue = self._new(place, EPIC, component, title, text, priority="2")
        self._epics[component] = issue
        assignee = pick(("aiko.brandt", "priya.natarajan"), place)
        self._content.assign(issue, "aiko.brandt", issue.values["created"] + HOUR_MS, assignee)
        if place < SIZE // 4:
            self._finish(issue, assignee, issue.values["created"] + 60 * 24 * HOUR_MS, "10000")
        else:
            self._content.move(issue, assignee, issue.values["created"] + 24 * HOUR_MS, "3")

    def _add_incident(self, place: int, component: str, title: str) -> None:
        issue = self._new(
            place,
            INCIDENT,
            component,
            title,
            f"{title}. Found by an alert; customers wrote in ten minutes later.",
            priority="1",
            **{
                SEVERITY: pick(("10300", "10301"), place),
                SERVICE: _SERVICE_OF.get(component, "10310"),
                IMPACT: Prose(f"{int(10 + 90 * chance(place, 'hit'))} customers could not order for some time."),
                CUSTOMERS_HIT: float(int(10 + 90 * chance(place, "hit"))),
            },
        )
        lead, at = pick(("maya.lindqvist", "daniel.osei"), place), issue.values["created"]
        self._content.assign(issue, lead, at + 120_000, lead)
        self._content.move(issue, lead, at + 180_000, "10010")
        self._content.comment(issue, lead, at + 20 * 60_000, "Rolled back the last release; error rate is falling.")
        self._content.move(issue, lead, at + 40 * 60_000, "10011")
        issue.values[ROOT_CAUSE] = Prose(f"A change in {component.lower()} was not tested with old data.")
        self._content.move(issue, lead, at + 30 * HOUR_MS, "10012", "10001")

    def _add_change(self, place: int) -> None:
        story = self._content.story
        issue = self._new(
            place,
            STORY,
            "Tax",
            story.pull_request_title,
            "Every order line is priced with the tax rules of the customer's region.\n\n# Done when\n\n"
            "- `tax_region` of the customer decides\n- Rules are looked up per order line\n- Invoices name it",
            parent=self._epics["Tax"].id,
            priority="2",
            labels=["tax-2026"],
            **{POINTS: 8.0, SPRINT: [112, 113]},
        )
        author, at = story.author.handle, issue.values["created"]
        self._content.assign(issue, story.manager.handle, at + HOUR_MS, author)
        self._content.move(issue, author, self._content.minutes(-60 * 24 * 8), "3")
        self._content.move(issue, author, self._content.minutes(-60 * 24 * 2), "10001")
        pull = f"https://github.com/{story.repository}/pull/{story.pull_request}"
        self._content.comment(
            issue,
            author,
            self._content.minutes(-60 * 24 * 2),
            f"[Pull request {story.pull_request}]({pull}) is up.",
        )
        self._content.comment(
            issue,
            "priya.natarajan",
            self._content.minutes(-60 * 6),
            "Approved. Are there customers without a region? I did not find a test for them.",
        )
        issue.values["fixVersions"] = [self._versions[2]]
        self._content.move(issue, author, self._content.minutes(-20), "10002", "10000")

    def _add_sub_task(self, place: int) -> None:
        parent = next(issue for issue in reversed(self._made) if issue.values["issuetype"] == STORY)
        words = pick(SUB_TASKS, place, "words")
        component = next(n for n, id_ in self._components.items() if id_ == parent.values["components"][0])
        title = f"{words}: {parent.values['summary']}"
        issue = self._new(place, SUBTASK, component, title, f"{words}.", parent=parent.id, labels=[])
        self._work(place, issue)

    def _add_ordinary(self, place: int, kind: str, component: str, title: str) -> None:
        key = f"{self._project.key}-{self._first + place}"
        more: dict[str, Any] = {"priority": pick(("2", "3", "3", "3", "4", "5"), place, "priority")}
        if kind == BUG:
            more[SEVERITY] = pick(("10301", "10302", "10302", "10303"), place, "severity")
            more[SERVICE] = _SERVICE_OF.get(component, "10310")
            more["versions"] = [pick(self._versions[:2], place, "affects")]
            if chance(place, "customer") < 0.25:
                more[HIT] = [pick(("10320", "10321", "10322", "10323"), place, "hit")]
        else:
            more[POINTS] = float(pick((1, 2, 3, 5, 8), place, "points"))
            more["timeoriginalestimate"] = int(more[POINTS]) * 4 * 3600
        if (epic := self._epics.get(component)) and kind != BUG and chance(place, "epic") < 0.7:
            more["parent"] = epic.id
        issue = self._new(place, kind, component, title, description(kind, key, component, title), **more)
        if kind == BUG and chance(place, "picture") < 0.2:
            at = issue.values["created"] + 60_000
            self._content.attach(issue, "omar.haddad", at, f"{key.lower()}.png", "image/png", screenshot(key))
        self._work(place, issue)

    def _work(self, place: int, issue: Issue) -> None:
        """Take an issue as far as its age suggests."""
        at = issue.values["created"]
        age = (self._content.deploy - at) / (24 * HOUR_MS)
        luck, is_old = chance(place, "luck"), place < SIZE // 5
        who = "erik.sandberg" if is_old and luck < 0.15 else pick(_TEAM, place, "who")
        done, busy = (0.86, 0.9) if age > 28 else (0.62, 0.84) if age > 7 else (0.15, 0.55)
        if luck < busy or chance(place, "assigned") < 0.2:
            self._content.assign(issue, "aiko.brandt", at + HOUR_MS, who)
        talk = int(4 * chance(place, "talk"))
        days = min(2 + 10 * chance(place, "days"), age * 0.9)
        for number in range(talk):
            when = at + round((number + 1) / (talk + 1) * days * 24 * HOUR_MS)
            self._content.comment(
                issue, pick((who, *_REPORTERS), place, "talker", number), when, comment(issue.key, number)
            )
        begun = at + round(days * 6 * HOUR_MS)
        if luck >= busy:
            if chance(place, "planned") < 0.4:
                issue.values[SPRINT] = [pick((113, 114, 115), place, "sprint")]
            return
        if luck >= done:
            self._content.move(issue, who, begun, pick(("3", "3", "10001", "10003"), place, "busy"))
            issue.values[SPRINT] = [113]
            return
        if chance(place, "urgent") < 0.1:
            self._content.raise_priority(issue, "aiko.brandt", begun, "2")
        if chance(place, "dropped") < 0.12:
            self._finish(issue, who, begun, pick(("10002", "10003", "10004"), place, "why"))
            return
        self._content.move(issue, who, begun, "3")
        self._content.log(
            issue, who, at + round(days * 12 * HOUR_MS), pick((1800, 5400, 7200, 14_400), place, "spent")
        )
        self._content.move(issue, who, at + round(days * 18 * HOUR_MS), "10001")
        issue.values["fixVersions"] = [self._versions[0 if age > 19 else 1 if age > 6 else 2]]
        self._finish(issue, who, at + round(days * 24 * HOUR_MS), "10001" if SEVERITY in issue.values else "10000")

    def _finish(self, issue: Issue, who: str, at: int, resolution: str) -> None:
        self._content.move(issue, who, at, "10002", resolution)
        sprints = [
            s.id for s in self._content.sprints if s.board == 12 and s.start and s.end and s.start <= at < s.end
        ]
        if sprints and issue.values["issuetype"] not in (EPIC, SUBTASK):
            issue.values[SPRINT] = sprints

    def _link(self) -> None:
        """Link issues of the same component to earlier ones; the change of the story has links of its own."""
        earlier: dict[str, list[Issue]] = {}
        for number, issue in enumerate(self._made):
            if issue.values["issuetype"] not in (BUG, STORY, TASK) or issue.key == self._made[CHANGE_AT].key:
                continue
            near = earlier.setdefault(issue.values["components"][0], [])
            if near and issue.values.get("resolution") == "10003":
                self._content.link("10002", issue, near[-1])
            elif near and number % 7 == 6:
                self._content.link("10003", issue, near[-1])
            elif near and number % 19 == 18:
                self._content.link("10000", near[-1], issue)
            near.append(issue)
