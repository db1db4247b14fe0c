"""The incident of the story and what follows from it, as the team wrote it down in the first half hour."""

from typing import Any

from hub_connector_jira.simulation.bodies import Prose
from hub_connector_jira.simulation.fields import (
    CUSTOMERS_HIT,
    DETECTED,
    HIT,
    IMPACT,
    LEAD,
    REGION,
    RUNBOOK,
    SERVICE,
    SEVERITY,
    SPRINT,
)
from hub_connector_jira.simulation.issues import Issue
from hub_connector_jira.simulation.people import BOT, account_id
from hub_connector_jira.simulation.site import BUG, INCIDENT, STORY, TASK
from hub_connector_jira.simulation.world.backlog import CHANGE_AT, SIZE
from hub_connector_jira.simulation.world.content import Content
from hub_connector_jira.simulation.world.files import error_log, error_rate_chart, failed_orders


def add_incident(content: Content) -> None:
    """Add the incident and the three issues that follow; needs the backlog and the other projects."""
    story, shop = content.story, content.projects[0]
    number = int(story.issue_key.partition("-")[2])
    by_key = {issue.key: issue for issue in content.issues}
    incident = content.add(shop, number, _incident_values(content))
    _told(content, incident)
    bug, rollback, backfill = (
        content.add(shop, number + place, values) for place, values in enumerate(_follow_ups(content), start=1)
    )
    content.move(rollback, story.on_call.handle, content.minutes(24), "3")
    content.link("10004", by_key[f"{shop.key}-{number - SIZE + CHANGE_AT}"], incident)
    content.link("10002", bug, incident)
    content.link("10003", incident, rollback)
    content.link("10003", incident, backfill)
    content.link("10003", incident, by_key["PAY-37"])


def _incident_values(content: Content) -> dict[str, Any]:
    story = content.story
    bad, good = story.bad_release, story.good_release
    return {
        "issuetype": INCIDENT,
        "summary": story.issue_title,
        "description": Prose(
            f"About 10 % of `{story.error_path}` answer 500 since checkout {bad.version} was deployed at "
            f"{story.deploy_at:%H:%M} UTC. Everything else is slower, too.\n\n# What we see\n\n"
            f"- Alert **{story.alert}** fires, see the [runbook]({story.runbook})\n- Logs of checkout are full of "
            f"`{story.error}`\n- {good.version} did not do this\n\n# What we know\n\n"
            f'```python\nrules = RULES[customer["tax_region"]]  # {story.error}\n```\n\n'
            f"The commit is `{bad.commit[:12]}`, from pull request {story.pull_request}."
        ),
        "priority": "1",
        "reporter": account_id(BOT[1]),
        "labels": ["incident", "tax-2026"],
        "components": [content.projects[0].components[1].id, content.projects[0].components[3].id],
        "versions": [content.projects[0].versions[2].id],
        "created": content.minutes(6),
        SEVERITY: "10300",
        SERVICE: "10310",
        IMPACT: Prose(
            "Customers saved before 2024 cannot place orders. Failed orders in the first hour: "
            + ", ".join(f"{customer.name} {customer.orders_failed}" for customer in story.customers)
            + "."
        ),
        DETECTED: content.minutes(5),
        CUSTOMERS_HIT: float(len(story.customers)),
        HIT: ["10320", "10321", "10322", "10323"],
        LEAD: account_id(story.on_call.handle),
        RUNBOOK: story.runbook,
        REGION: ("10340", "10350"),
        SPRINT: [113],
    }


def _told(content: Content, incident: Issue) -> None:
    story, at = content.story, content.minutes
    maya, tomas, omar, aiko = (
        person.handle for person in (story.on_call, story.author, story.support, story.manager)
    )
    content.assign(incident, BOT[1], at(6.1), maya)
    content.comment(
        incident, BOT[1], at(6.2), f"Alert {story.alert} fires. Last deploy: checkout {story.bad_release.version}."
    )
    content.move(incident, maya, at(8), "10010")
    content.attach(incident, maya, at(11), "checkout-errors.log", "text/plain", error_log(story))
    content.attach(incident, maya, at(11.5), "error-rate.png", "image/png", error_rate_chart)
    content.comment(
        incident,
        maya,
        at(12),
        f"It began with the deploy of {story.bad_release.version}. All failures are `{story.error}` in "
        "`rules_of`. I put the log and the chart here.\n\n@[Tomás Rey|tomas.rey] is this your change?",
    )
    content.comment(incident, tomas, at(17), f"Yes. {story.cause}")
    content.attach(incident, omar, at(19), "failed-orders.csv", "text/csv", failed_orders(story))
    content.comment(
        incident,
        omar,
        at(19.5),
        "Northwind Outfitters and Blue Harbor Books called. The table of failed orders is attached.",
    )
    content.comment(
        incident,
        aiko,
        at(26),
        f"Let us roll back to {story.good_release.version} now and fix forward tomorrow. "
        "@[Maya Lindqvist|maya.lindqvist] you have my approval.",
    )
    content.log(incident, maya, at(27), 20 * 60, "Looking for the cause")
    incident.watchers |= {account_id(handle) for handle in (maya, tomas, omar, aiko)}


def _follow_ups(content: Content) -> list[dict[str, Any]]:
    story = content.story
    tax, platform = content.projects[0].components[3].id, content.projects[0].components[7].id
    return [
        {
            "issuetype": BUG,
            "summary": f"{story.customers[0].name} cannot place orders",
            "description": Prose("Their buyers see an error page after payment. They sent three order references."),
            "priority": "2",
            "reporter": account_id(story.support.handle),
            "labels": ["customer-reported"],
            "components": [content.projects[0].components[5].id],
            "created": content.minutes(13),
            SEVERITY: "10301",
            SERVICE: "10310",
            HIT: ["10320"],
        },
        {
            "issuetype": TASK,
            "summary": f"Roll checkout back to {story.good_release.version}",
            "description": Prose(f"Run {story.workflow} with version {story.good_release.version}."),
            "priority": "1",
            "reporter": account_id(story.manager.handle),
            "assignee": account_id(story.on_call.handle),
            "components": [platform],
            "created": content.minutes(21),
            SPRINT: [113],
        },
        {
            "issuetype": STORY,
            "summary": "Give customers saved before 2024 a tax region",
            "description": Prose("Derive it from the invoice address. Until then, fall back to the shop's region."),
            "priority": "2",
            "reporter": account_id(story.author.handle),
            "labels": ["tax-2026"],
            "components": [tax],
            "fixVersions": [content.projects[0].versions[3].id],
            "created": content.minutes(26.5),
            SPRINT: [114],
        },
    ]
