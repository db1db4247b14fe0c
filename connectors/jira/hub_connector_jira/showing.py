"""Field values as short texts: names instead of objects, nothing of what is empty."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from hub_connector_jira.documents.nodes import is_document
from hub_connector_jira.documents.to_markdown import to_markdown
from hub_connector_jira.shapes import items, mapping, string
from hub_connector_jira.times import lasting, minute

Allowed = Callable[[str], bool]
"""Whether an issue of this key may be told about."""
# What Jira keeps for itself, or says elsewhere.
_NO_NEWS = frozenset({"votes", "watches", "workratio", "lastViewed", "statuscategorychangedate", "thumbnail"})
_NO_NEWS_TYPES = (
    "gh-lexo-rank",
    "devsummarycf",
    "vulnerabilitycf",
    "gh-epic-color",
    "gh-epic-label",
    "gh-epic-status",
)


def everything(_: str) -> bool:
    """Nothing is out of reach."""
    return True


def tells_nothing(field: str, custom_type: str = "") -> bool:
    """Whether a field is left out of an overview."""
    return field in _NO_NEWS or custom_type.endswith(_NO_NEWS_TYPES)


def shown(value: Any, allowed: Allowed = everything) -> str:
    """A value as text; empty for None."""
    if value is None or value == []:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.0f}" if math.isfinite(value) and value.is_integer() else f"{value:g}"
    if isinstance(value, str):
        return minute(value)
    if isinstance(value, list):
        return ", ".join(filter(None, (shown(item, allowed) for item in items(value))))
    return _object(mapping(value), allowed) if isinstance(value, dict) else str(value)


def _object(value: Mapping[str, Any], allowed: Allowed) -> str:
    if is_document(value):
        return to_markdown(dict(value))
    if "displayName" in value:
        return string(value["displayName"])
    if "key" in value and "fields" in value:
        return issue_line(value, allowed)
    if "timeSpentSeconds" in value or "originalEstimateSeconds" in value or "remainingEstimateSeconds" in value:
        return _tracking(value)
    if "value" in value:
        child = mapping(value.get("child"))
        return f"{string(value['value'])} > {string(child['value'])}" if child else string(value["value"])
    if "boardId" in value and "state" in value:
        return f"{string(value.get('name'))} ({string(value['state'])}, id {string(value.get('id'))})"
    for key in ("name", "title", "key", "id"):
        if text := string(value.get(key)):
            return text
    return ""


def _tracking(value: Mapping[str, Any]) -> str:
    parts = {
        "estimated": value.get("originalEstimateSeconds"),
        "spent": value.get("timeSpentSeconds"),
        "remaining": value.get("remainingEstimateSeconds"),
    }
    return ", ".join(f"{name} {lasting(seconds)}" for name, seconds in parts.items() if seconds is not None)


def issue_line(issue: Mapping[str, Any], allowed: Allowed = everything) -> str:
    """Another issue in a line: key, summary, type and status; of one out of reach the key alone."""
    key = string(issue.get("key"))
    if not allowed(key):
        return f"{key} (out of reach)"
    fields = mapping(issue.get("fields"))
    about = ", ".join(filter(None, (shown(fields.get(name)) for name in ("issuetype", "status"))))
    return " ".join(filter(None, [key, string(fields.get("summary")), f"({about})" if about else ""]))


def person(value: Any) -> str:
    """A user's name."""
    user = mapping(value)
    return string(user.get("displayName") or user.get("name") or user.get("accountId")) or "nobody"


def clipped(text: str, most: int) -> str:
    """The text on one line, with `…` where it was cut."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def indented(text: str) -> str:
    """A text of someone's own, set off from what is ours: a heading in it is no section of the answer."""
    return "\n".join(f"  {line}".rstrip() for line in text.strip("\n").split("\n"))
