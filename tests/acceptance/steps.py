"""The calls of the walk: every tool of the GitHub and Jira connectors, in the order an agent would make them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Known = dict[str, str]
"""What earlier answers told, by a name of ours."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One call.

    Attributes:
        tool: Its name.
        arguments: A text may hold `{name}` for what an earlier answer told.
        expects: What the answer has to hold.
        learns: What to take from the answer, by name: a pattern with one group.
        tokens: The most its answer may take, if there is a target.
        requests: The most requests to the service it may make, if there is a target.
        megabytes: The most memory the hub may need beyond what it had, if there is a target.
    """

    tool: str
    arguments: Mapping[str, Any]
    expects: str
    learns: Mapping[str, str] | None = None
    tokens: int | None = None
    requests: int | None = None
    megabytes: float | None = None

    def filled(self, known: Known) -> dict[str, Any]:
        """The arguments with what is known put in."""
        return {key: _filled(value, lambda name: known[name]) for key, value in self.arguments.items()}

    def learn(self, text: str, known: Known) -> str:
        """Take from the answer what later steps need; gives what is missing in it."""
        if (expected := _filled(self.expects, lambda name: known[name])) not in text:
            return f"the answer does not hold {expected!r}"
        for name, pattern in (self.learns or {}).items():
            match = re.search(pattern, text)
            if match is None:
                return f"the answer tells no {name}"
            known[name] = match[1]
        return ""


def _filled(value: Any, known: Callable[[str], str]) -> Any:
    return re.sub(r"\{(\w+)\}", lambda match: known(match[1]), value) if isinstance(value, str) else value


STEPS = (
    # Why is this pull request red?
    Step(
        tool="github_explain_failure",
        arguments={"target": "#617"},
        expects="KeyError: 'tax_region'",
        learns={"red": r"\brun (\d+)"},
        tokens=2000,
        requests=8,
    ),
    Step(
        tool="github_get_logs",
        arguments={"run": "{red}", "job": "integration", "grep": "out of memory"},
        expects="Killed process",
        tokens=1000,
        megabytes=60,
    ),
    Step(tool="github_get_logs", arguments={"run": "{red}", "job": "unit (3.11)", "tail": 20}, expects="1 failed"),
    Step(tool="github_get_run", arguments={"run": "{red}"}, expects="integration"),
    Step(
        tool="github_read_artifact",
        arguments={"run": "{red}"},
        expects="test-results",
        learns={"artifact": r"(\d{8,})\ttest-results"},
    ),
    Step(
        tool="github_read_artifact",
        arguments={"artifact": "{artifact}", "path": "junit.xml", "grep": "KeyError"},
        expects="tax_region",
    ),
    # Is it this change, or is the job flaky?
    Step(tool="github_list_runs", arguments={"status": "failure", "limit": 10}, expects="tax-rules-by-region"),
    Step(tool="github_run_stats", arguments={"since": "30d"}, expects="flaky"),
    Step(tool="github_list_workflows", arguments={}, expects="deploy.yml"),
    Step(
        tool="github_list_deployments",
        arguments={},
        expects="production",
        learns={
            "waiting": r"run (\d+) \(Deploy",
            "good": r"inactive\t([0-9a-f]{7})",
            "bad": r"success\t([0-9a-f]{7})",
        },
    ),
    Step(tool="github_compare", arguments={"base": "{good}", "head": "{bad}"}, expects="{bad}"),
    # Carry it into a ticket
    Step(tool="jira_find_projects", arguments={"search": "SHOP"}, expects="Incident"),
    Step(tool="jira_find_fields", arguments={"project": "SHOP", "type": "Bug"}, expects="Severity"),
    Step(tool="jira_find_users", arguments={"query": "tomas"}, expects="Tomás Rey"),
    Step(
        tool="jira_search",
        arguments={"jql": "project = SHOP ORDER BY updated DESC", "limit": 25},
        expects="SHOP-1842",
        tokens=1100,
    ),
    Step(tool="jira_search", arguments={"jql": "project = SHOP", "count_only": True}, expects="260"),
    Step(tool="jira_get_issue", arguments={"issue": "SHOP-1842"}, expects="Checkout answers 500"),
    Step(
        tool="jira_read_attachment",
        arguments={"issue": "SHOP-1842", "attachment": "failed-orders.csv"},
        expects="Northwind",
    ),
    Step(tool="jira_list_sprints", arguments={"project": "SHOP"}, expects="active"),
    Step(
        tool="jira_create_issue",
        arguments={
            "project": "SHOP",
            "type": "Bug",
            "summary": "Customers saved before 2024 have no tax region",
            "description": "`rules_of` raises **KeyError** for them, see run {red}.",
            "fields": {"Severity": "Sev 2", "Affected service": "checkout"},
        },
        expects="SHOP-",
        learns={"issue": r"(SHOP-\d+)"},
    ),
    Step(tool="jira_update_issue", arguments={"issue": "{issue}", "fields": {"Priority": "High"}}, expects="High"),
    Step(tool="jira_comment", arguments={"issue": "{issue}", "text": "Run {red} shows it."}, expects="{issue}"),
    Step(
        tool="jira_link_issue",
        arguments={"issue": "{issue}", "relation": "blocks", "to": "SHOP-1845"},
        expects="SHOP-1845",
    ),
    Step(tool="jira_log_work", arguments={"issue": "{issue}", "time": "20m"}, expects="20m"),
    Step(tool="jira_transition_issue", arguments={"issue": "{issue}", "to": "In Progress"}, expects="In Progress"),
    # Act
    Step(tool="github_rerun", arguments={"run": "{red}"}, expects="{red}"),
    Step(
        tool="github_run_workflow",
        arguments={
            "workflow": "deploy.yml",
            "ref": "main",
            "inputs": {"version": "1.42.0", "environment": "staging"},
            "idempotency_key": "back-to-1.42.0",
        },
        expects="deploy.yml",
        learns={"started": r"(\d{8,})"},
    ),
    Step(tool="github_cancel_run", arguments={"run": "{started}"}, expects="{started}"),
    Step(
        tool="github_review_deployment",
        arguments={"run": "{waiting}", "decision": "approve", "comment": "roll back"},
        expects="approve",
    ),
)
"""In this order; later ones use what earlier ones told."""
