"""Prompts: what to do, in which order, with the tools of this connector."""

from collections.abc import Sequence


def metric_explain(namespace: str, sources: Sequence[str], metric: str) -> str:
    """Explain one metric to somebody who has never seen it."""
    return f"""\
Explain the metric `{metric}` to somebody who has to work with it and has never seen it.{_one_source(sources)}

1. `{namespace}_find_metrics` with search `{metric}`: its type and help text. If it does not exist, say so, \
name the near ones, and go on with the likeliest.
2. `{namespace}_labels` with match `{metric}`: its labels. For the two or three that matter, their values. \
A histogram or summary is stored as `{metric}_bucket`, `_sum` and `_count`; match one of those.
3. `{namespace}_query_range` over the last 6 hours, asked the way its type wants: `sum(rate({metric}[5m]))` for \
a counter, `histogram_quantile(0.95, sum by (le) (rate({metric}_bucket[5m])))` for a histogram, the value itself \
for a gauge; then by the label that splits it best.
4. `{namespace}_compare` the same query with offset `1d`: whether its level is usual.
5. `{namespace}_rules` with search `{metric}`: the alerts and recording rules built on it.

Then write, in this order and briefly:
- **What it measures**, in one sentence, with its unit.
- **Labels**: what each splits it by.
- **Now**: its current level, what happened over the last 6 hours, and yesterday's level; name times (UTC).
- **Alerts** built on it, with their thresholds in plain words.
- **Queries** worth keeping: two or three that can be run as they are.
- **Pitfalls**: resets, missing series, high cardinality, whatever you saw.

Say what you looked up and what you assume; leave out what you could not check.
"""


def alert_hygiene(namespace: str, sources: Sequence[str], service: str) -> str:
    """Review the alerts of one service."""
    name = " ".join(service.replace("`", "'").split())
    return f"""\
Review the alerting of the service `{name}`: what pages too often, what never would, what is missing.\
{_one_source(sources)}

1. `{namespace}_rules` with search `type=alerting {name}`; if nothing comes, search for its namespace or team \
(`{namespace}_labels` lists the values). Search for a rule's name to see it in full: query, labels, annotations.
2. `{namespace}_alerts` with search `{name}`: what is active, since when, and what is silenced.
3. What the rules did in the last 7 days, with two calls of `{namespace}_query`, where NAMES are the rules' names \
joined by `|`:
   - how often each became active: `sum by (alertname) (1 + changes(ALERTS_FOR_STATE{{alertname=~"NAMES"}}[7d]))`
   - for how many evaluations it fired, summed over its series: \
`sum by (alertname) (count_over_time(ALERTS{{alertname=~"NAMES",alertstate="firing"}}[7d]))`; times the group's \
interval that is its firing time. A rule missing from both was never active.
4. `{namespace}_query_range` of each rule's query without the comparison, start `now-7d`: hold the threshold \
against the values seen. No series at all means that the rule watches nothing.
5. `{namespace}_find_metrics` for the service's request, error, latency and saturation metrics that no rule uses.

Then write:
- A table: rule, severity, times active in 7 days, time firing, verdict (keep, tune, delete).
- **Noisy**: rules that flap or are active all the time; a better threshold or `for`, as PromQL that can be run.
- **Dead**: rules whose query returns no series (a renamed metric or label), with the near names.
- **Missing**: what of errors, latency, traffic, saturation nothing watches; a rule for each, ready to paste.
- **Texts**: rules without summary, runbook or severity.
- Silences that hide a problem.

Create, change and silence nothing. Give the evidence for every verdict: the query and the time range.
"""


def _one_source(sources: Sequence[str]) -> str:
    return f" Pass the same source in every call; there are {', '.join(sources)}." if len(sources) > 1 else ""
