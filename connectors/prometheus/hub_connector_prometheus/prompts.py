"""Prompts: what to do, in which order, with the tools of this connector."""


def metric_explain(namespace: str, metric: str) -> str:
    """Explain one metric to somebody who has never seen it."""
    return f"""\
Explain the metric `{metric}` to somebody who has to work with it and has never seen it.

1. `{namespace}_find_metrics` with search `{metric}`: its type and help text. If it does not exist, say so, \
name the near ones, and go on with the likeliest.
2. `{namespace}_labels` with match `{metric}`: its labels. For the two or three that matter, their values.
3. Query it the way its type wants: `rate(…[5m])` for a counter, `histogram_quantile(…)` over its buckets for \
a histogram, the value itself for a gauge. Use `{namespace}_query_range` over the last 6 hours.
4. `{namespace}_rules` with search `{metric}`: the alerts and recording rules built on it.

Then write, in this order and briefly:
- **What it measures**, in one sentence, with its unit.
- **Labels**: what each splits it by.
- **Now**: its current level, and what happened over the last 6 hours; name times.
- **Alerts** built on it, with their thresholds in plain words.
- **Queries** worth keeping: two or three that can be run as they are.
- **Pitfalls**: resets, missing series, high cardinality, whatever you saw.

Say what you looked up and what you assume; leave out what you could not check.
"""


def alert_hygiene(namespace: str, service: str) -> str:
    """Review the alerts of one service."""
    name = " ".join(service.replace("`", "'").split())
    return f"""\
Review the alerting of the service `{name}`: what pages too often, what never would, what is missing.

1. `{namespace}_rules` with search `type=alerting {name}`; if nothing comes, search by its job or \
namespace label (`{namespace}_labels` with name `job`).
2. `{namespace}_alerts` with state `all` and search `{name}`: what is active, since when, and what is silenced.
3. For each rule, how often it was active in the last 7 days: `{namespace}_query_range` with \
`count by (alertname, alertstate) (ALERTS{{alertname="…"}})`, start `now-7d`.
4. For each rule, run its query without the comparison over 7 days, and hold the threshold against the values seen.
5. `{namespace}_find_metrics` for the service's request, error, latency and saturation metrics that no rule uses.

Then write:
- A table: rule, severity, times active in 7 days, longest time active, verdict (keep, tune, delete).
- **Noisy**: rules that flap or are active all the time; a better threshold or `for`, as PromQL that can be run.
- **Dead**: rules whose query returns no series (a renamed metric or label), with the near names.
- **Missing**: what of errors, latency, traffic, saturation nothing watches; a rule for each, ready to paste.
- **Texts**: rules without summary, runbook or severity.
- Silences that hide a problem, and when they end.

Create, change and silence nothing. Give the evidence for every verdict: the query and the time range.
"""
