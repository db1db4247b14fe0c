"""Issues of other projects: one that not everyone may see through the hub, one to read, one that is hidden."""

from typing import Any

from hub_connector_jira.simulation.bodies import Prose
from hub_connector_jira.simulation.fields import SPRINT
from hub_connector_jira.simulation.people import account_id
from hub_connector_jira.simulation.site import BUG, TASK
from hub_connector_jira.simulation.world.content import HOUR_MS, Content

CONFIDENTIAL = "Confidential"
"""The word every issue of PAY holds; it must not be seen where PAY is out of bounds."""

_PAY = (
    (BUG, "Fraud rules can be seen by merchants", "Merchants can read rule 7 in the export."),
    (TASK, "Acquirer contract: fee of 0.42 % from the first of the month", "Signed by both sides. Do not forward."),
    (TASK, "Rotate the payout keys of merchant accounts", "The old key lies in vault path payouts/old."),
    (BUG, "Payouts to two merchants were sent twice", "Legal handles the return of 18,400 euros."),
    (TASK, "Answer the regulator about strong authentication", "Deadline is the end of the month."),
    (BUG, "Chargeback report shows card numbers", "Four digits too many."),
    (TASK, "Penetration test: findings 3 and 9", "Both are open."),
    (TASK, "End the contract with the second acquirer", "Nobody outside the team knows yet."),
    (BUG, "Test cards are accepted in production", "Only for amounts below one euro."),
    (TASK, "Refund orders that failed for lack of a tax region", "Budget of 9,000 euros approved by the CFO."),
)
_OPS = ("Move the cluster to new nodes", "Test the restore of order backups", "Renew wildcard certificates")
_HR = ("Salary review of the payments team", "Reorganisation of support")


def add_other_projects(content: Content) -> None:
    """Add the issues of all projects but the story's."""
    shop, pay, ops, hr = content.projects
    at = content.minutes(-60 * 24 * 20)
    for number, (kind, title, text) in enumerate(_PAY, start=28):
        values: dict[str, Any] = {
            "issuetype": kind,
            "summary": title,
            "description": Prose(f"{CONFIDENTIAL}. {text}"),
            "reporter": account_id(pay.lead),
            "created": at + number * 24 * HOUR_MS // 2,
        }
        issue = content.add(pay, number, values)
        content.comment(issue, pay.lead, values["created"] + HOUR_MS, f"{CONFIDENTIAL}: keep this within the team.")
        if number % 3 == 0:
            content.move(issue, pay.lead, values["created"] + 2 * HOUR_MS, "3")
            issue.values[SPRINT] = [131]
    for project, names in ((ops, _OPS), (hr, _HR)):
        for number, title in enumerate(names, start=1):
            values: dict[str, Any] = {"issuetype": TASK, "summary": title, "reporter": account_id(project.lead)}
            content.add(project, number, values | {"created": at + number * HOUR_MS})
    near = [issue for issue in content.issues if issue.project == shop.key][-20]
    content.link("10003", near, next(issue for issue in content.issues if issue.project == pay.key))
