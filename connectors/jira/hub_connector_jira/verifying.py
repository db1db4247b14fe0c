"""Holds what was written against what Jira made of it, since Jira leaves out silently what a screen lacks."""

from collections.abc import Mapping
from difflib import unified_diff
from typing import Any

from hub_connector_jira.filling import Filled
from hub_connector_jira.history import changed
from hub_connector_jira.shapes import items, mapping
from hub_connector_jira.showing import clipped, shown
from hub_connector_jira.site import Site

_VALUE = 120
_DIFF_LINES = 40
# The keys that tell whether two values are the same thing, the surest first.
_IDENTITY = ("id", "accountId", "name", "key", "value", "originalEstimate")


def differences(site: Site, filled: Filled, now: Mapping[str, Any]) -> list[str]:
    """A line for each field that holds something else than was written.

    Args:
        site: The Jira.
        filled: What was written.
        now: The issue's fields as Jira gives them back.
    """
    found: list[str] = []
    for id_, meant in filled.said.items():
        if not is_same(site, meant, now.get(id_)):
            sent = clipped(shown(filled.given[id_]), _VALUE) or "nothing"
            has = clipped(_told(site, now.get(id_)), _VALUE) or "nothing"
            found.append(f"{filled.names[id_]}: sent {sent}, Jira has {has}")
    return found


def is_same(site: Site, meant: Any, has: Any) -> bool:
    """Whether Jira's value is the one that was written."""
    if meant is None or meant == []:
        return has is None or has in ([], "")
    if _is_text(meant):
        return " ".join(site.plain(meant).split()) == " ".join(site.plain(has).split()) or _same_moment(meant, has)
    if isinstance(meant, int | float) and not isinstance(meant, bool):
        if isinstance(has, list):  # a sprint is written by its id and read as a list of sprints
            return any(mapping(one).get("id") == meant for one in items(has))
        return isinstance(has, int | float) and float(has) == float(meant)
    if isinstance(meant, list):
        left = items(has)
        return len(left) == len(items(meant)) and all(
            any(is_same(site, one, other) for other in left) for one in items(meant)
        )
    return _same_object(site, mapping(meant), mapping(has))


def _same_object(site: Site, meant: Mapping[str, Any], has: Mapping[str, Any]) -> bool:
    if "child" in meant and not _same_object(site, mapping(meant["child"]), mapping(has.get("child"))):
        return False
    known = [key for key in _IDENTITY if key in meant]
    return all(str(meant[key]).casefold() == str(has.get(key)).casefold() for key in known[:1])


def _same_moment(meant: Any, has: Any) -> bool:
    return isinstance(meant, str) and isinstance(has, str) and shown(meant) == shown(has)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or mapping(value).get("type") == "doc"


def _told(site: Site, value: Any) -> str:
    return site.plain(value) if _is_text(value) else shown(value, site.scope.allows)


def diff(site: Site, name: str, before: Any, after: Any) -> str:
    """What changed in a field: the values, or the lines of a longer text."""
    old, new = _told(site, before), _told(site, after)
    if "\n" not in old + new and len(old) + len(new) <= 2 * _VALUE:
        return f"{name}: {changed(old, new)}"
    lines = list(unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=1))[2:]
    more = [f"… {len(lines) - _DIFF_LINES} more lines"] if len(lines) > _DIFF_LINES else []
    return "\n".join([f"{name}:", *lines[:_DIFF_LINES], *more])
