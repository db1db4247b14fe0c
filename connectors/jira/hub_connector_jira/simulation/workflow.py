"""The two workflows of the simulated site: one for ordinary issues, one for incidents."""

from dataclasses import dataclass

from hub_connector_jira.simulation.site import INCIDENT


@dataclass(frozen=True, kw_only=True, slots=True)
class Transition:
    """A step of a workflow.

    Attributes:
        sources: Ids of the statuses it leads from.
        target: Id of the status it leads to.
        screen: Fields asked for on the way, each with whether it is required.
        reopens: Whether it takes the resolution away.
    """

    id: str
    name: str
    sources: tuple[str, ...]
    target: str
    screen: tuple[tuple[str, bool], ...] = ()
    reopens: bool = False


ROOT_CAUSE = "customfield_10053"
_OPEN = ("10000", "3", "10001", "10003")

WORK = (
    Transition(id="11", name="Start work", sources=("10000", "10003", "10001"), target="3"),
    Transition(id="21", name="Ask for review", sources=("3",), target="10001"),
    Transition(id="31", name="Block", sources=("10000", "3"), target="10003"),
    Transition(id="41", name="Back to the backlog", sources=("3", "10003", "10001"), target="10000"),
    Transition(
        id="51",
        name="Done",
        sources=_OPEN,
        target="10002",
        screen=(("resolution", True), ("fixVersions", False), ("assignee", False)),
    ),
    Transition(id="61", name="Reopen", sources=("10002",), target="10000", reopens=True),
)
INCIDENTS = (
    Transition(id="111", name="Investigate", sources=("10000", "10011"), target="10010"),
    Transition(
        id="121", name="Mitigate", sources=("10000", "10010"), target="10011", screen=((ROOT_CAUSE, False),)
    ),
    Transition(
        id="131",
        name="Resolve",
        sources=("10010", "10011"),
        target="10012",
        screen=(("resolution", True), (ROOT_CAUSE, True), ("fixVersions", False)),
    ),
    Transition(id="141", name="Reopen", sources=("10012",), target="10010", reopens=True),
)
FIRST_STATUS = "10000"


def workflow_of(issue_type: str) -> tuple[Transition, ...]:
    """The workflow of an issue type, by its id."""
    return INCIDENTS if issue_type == INCIDENT else WORK


def statuses_of(issue_type: str) -> tuple[str, ...]:
    """Ids of the statuses an issue of this type may have, in the order of the workflow."""
    return tuple(dict.fromkeys((FIRST_STATUS, *(step.target for step in workflow_of(issue_type)))))
