"""What Prometheus watches and how: rules and targets."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from hub.plugin import NotFound, Table
from hub_connector_prometheus.near import near
from hub_connector_prometheus.series import NOTHING, number, shortened
from hub_connector_prometheus.server import PrometheusServer
from hub_connector_prometheus.shapes import items, mapping, rows
from hub_connector_prometheus.times import age, lasting
from hub_connector_prometheus.words import has_words, pairs

Health = Literal["down", "up", "all"]
_DETAILED = 3


async def rule_groups(server: PrometheusServer) -> list[dict[str, Any]]:
    """All rule groups.

    Raises:
        NotOffered: The server evaluates no rules.
    """
    answer = await server.get("/api/v1/rules")
    return rows(mapping(answer.data).get("groups"))


async def rules(server: PrometheusServer, search: str, limit: int, source: str) -> Table | str:
    """Alerting and recording rules; few matches are told in full.

    Raises:
        ConnectorError: The server does not answer.
    """
    groups = await rule_groups(server)
    found = [
        (group, rule) for group in groups for rule in group["rules"] if has_words(search, *_searched(group, rule))
    ]
    head = [f"source: {source}"] if source else []
    in_all = sum(len(group["rules"]) for group in groups)
    in_groups = f"{len(groups)} group{'' if len(groups) == 1 else 's'}"
    head.append(f"{len(found)} of {in_all} rules in {in_groups}" if in_all else "the server has no rules")
    if not found:
        names = [str(rule["name"]) for group in groups for rule in group["rules"]]
        close = near(search.strip(), names) if search.strip() else []
        return "\n".join([*head, f"near: {', '.join(close)}"] if close else head)
    if len(found) <= _DETAILED:
        return "\n\n".join(["\n".join(head), *(rule_details(group, rule) for group, rule in found)])
    if len(found) > limit:
        head.append(f"{limit} shown; narrow it by search, such as a name, state=firing or health=err")
    if any(shortened(rule["query"]).endswith("…") for _, rule in found[:limit]):
        head.append("… marks a cut query; search for the rule's name to see it whole")
    cells = [
        [
            group["name"],
            rule["name"],
            rule.get("state") or "records",
            _waits(rule) if rule["type"] == "alerting" else NOTHING,
            _health(rule),
            shortened(rule["query"]),
        ]
        for group, rule in found[:limit]
    ]
    return Table(columns=["group", "rule", "state", "for", "health", "query"], rows=cells, note="\n".join(head))


def _searched(group: Mapping[str, Any], rule: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        f"group={group['name']} name={rule['name']} type={rule['type']}",
        f"state={rule.get('state', '')} health={rule.get('health', '')}",
        rule["query"],
        pairs(mapping(rule.get("labels"))),
        pairs(mapping(rule.get("annotations"))),
    )


def _waits(rule: Mapping[str, Any]) -> str:
    return lasting(float(rule.get("duration") or 0))


def _health(rule: Mapping[str, Any]) -> str:
    error = rule.get("lastError")
    return f"{rule.get('health', '')}{f': {shortened(error)}' if error else ''}"


def rule_details(group: Mapping[str, Any], rule: Mapping[str, Any]) -> str:
    """One rule in full."""
    alerting = rule["type"] == "alerting"
    kind, file = "alert" if alerting else "record", group.get("file", "?")
    lines = [f"{kind}: {rule['name']} (group {group['name']}, file {file})"]
    if alerting:
        active = len(items(rule.get("alerts")))
        lines.append(f"state: {rule.get('state', '?')}, active alerts: {active}; for: {_waits(rule)}")
    lines.append(f"query: {rule['query']}")
    if rule.get("labels"):
        lines.append(f"labels: {pairs(rule['labels'])}")
    lines += [f"{name}: {text}" for name, text in mapping(rule.get("annotations")).items()]
    took = f"{number(float(rule['evaluationTime']), 3)}s" if "evaluationTime" in rule else "?"
    lines.append(f"health: {_health(rule)}; evaluated {age(rule.get('lastEvaluation', ''))} ago, took {took}")
    return "\n".join(lines)


async def rule_group(server: PrometheusServer, name: str) -> str:
    """All rules of a group in full.

    Raises:
        NotFound: There is no such group.
        ConnectorError: The server does not answer.
    """
    groups = await rule_groups(server)
    found = [group for group in groups if group["name"] == name]
    if not found:
        close = near(name, [str(group["name"]) for group in groups])
        raise NotFound(
            f"{server.label} has no rule group {name!r}", hint=f"Near: {', '.join(close)}" if close else ""
        )
    parts: list[str] = []
    for group in found:
        parts.append(
            f"group {name}, file {group.get('file', '?')}, every {lasting(float(group.get('interval') or 0))}"
        )
        parts += [rule_details(group, rule) for rule in group["rules"]]
    return "\n\n".join(parts)


async def targets(server: PrometheusServer, health: Health, search: str, limit: int, source: str) -> Table | str:
    """Scrape targets: counts for every pool, and those of the health asked for.

    Raises:
        ConnectorError: The server does not answer.
    """
    found = await server.targets()
    active = rows(found.get("activeTargets"))
    head = [f"source: {source}"] if source else []
    head.append(f"targets: {len(active)}; up per pool: {_pools(active)}" if active else "no targets")
    if dropped := sum(mapping(found.get("droppedTargetCounts")).values()):
        head.append(f"dropped by relabelling: {dropped}")
    chosen = [
        target
        for target in active
        if (health == "all" or (target["health"] == "up") == (health == "up")) and _is_searched(target, search)
    ]
    if not chosen:
        if active:
            head.append(
                "all of them are up" if health == "down" and not search else _none_chosen(active, health, search)
            )
        return "\n".join(head)
    if len(chosen) > limit:
        head.append(f"{limit} of {len(chosen)} matching shown; narrow it by search, such as job=api")
    cells = [
        [
            target["scrapePool"],
            target["labels"].get("instance", ""),
            target["health"],
            f"{age(target.get('lastScrape', ''))} ago",
            f"{number(float(target.get('lastScrapeDuration') or 0), 3)}s",
            shortened(target.get("lastError") or "") or NOTHING,
            target["scrapeUrl"],
        ]
        for target in sorted(chosen, key=lambda one: (one["health"] == "up", one["scrapePool"]))[:limit]
    ]
    columns = ["pool", "instance", "health", "scraped", "took", "error", "url"]
    return Table(columns=columns, rows=cells, note="\n".join(head))


def _is_searched(target: Mapping[str, Any], search: str) -> bool:
    return has_words(search, pairs(target["labels"]), target["scrapePool"], target["scrapeUrl"])


def _none_chosen(active: Sequence[Mapping[str, Any]], health: Health, search: str) -> str:
    matching = sum(_is_searched(target, search) for target in active)
    return f"none of the {matching} matching is {health}" if matching else "none of them matches"


def _pools(active: Sequence[Mapping[str, Any]]) -> str:
    pools: dict[str, list[bool]] = {}
    for target in active:
        pools.setdefault(target["scrapePool"], []).append(target["health"] == "up")
    worst_first = sorted(pools.items(), key=lambda item: (all(item[1]), item[0]))
    shown = ", ".join(f"{name} {sum(up)}/{len(up)}" for name, up in worst_first[:20])
    return shown + (f" and {len(pools) - 20} more pools" if len(pools) > 20 else "")
