"""Label sets, and the matchers that select series by them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from hub_connector_prometheus.simulation.errors import BadRegex

NAME = "__name__"
Labels = tuple[tuple[str, str], ...]
"""Name and value pairs sorted by name; an empty value is the same as no label and is never kept."""

_MAX_PATTERN = 500
_MAX_REPEATS = 4
_REPEATED_GROUP = re.compile(r"[*+|{][^()]*\)(?:[*+]|\{)")
_NOT_RE2 = re.compile(r"\(\?[=!<>(#]|\(\?P[=>]|\\[1-9]|\[\[|--|&&|\|\||~~|[*+?}]\+")
_REPEAT = re.compile(r"[*+]|\{\d*,\d*\}")
_ESCAPED = re.compile(r"\\\W")
_ANCHOR = re.compile(r"\\z")


def labels_of(pairs: Iterable[tuple[str, str]]) -> Labels:
    """A label set from pairs in any order."""
    return tuple(sorted((name, value) for name, value in pairs if value))


def without_name(labels: Labels) -> Labels:
    """The labels without the metric's name, as functions and operators give them."""
    return tuple(pair for pair in labels if pair[0] != NAME)


def value_of(labels: Labels, name: str) -> str:
    """The value of one label; empty if there is none."""
    for key, value in labels:
        if key == name:
            return value
    return ""


def only(labels: Labels, names: frozenset[str]) -> Labels:
    """The labels with these names."""
    return tuple(pair for pair in labels if pair[0] in names)


def excluding(labels: Labels, names: frozenset[str]) -> Labels:
    """The labels except those with these names."""
    return tuple(pair for pair in labels if pair[0] not in names)


def compile_regex(pattern: str) -> re.Pattern[str]:
    """Compile an RE2 pattern with Python's engine, which backtracks where RE2 does not.

    Patterns that could backtrack for long (a repeated group that repeats or chooses inside, or many unbounded
    repeats in a row) are refused, as are those that the two engines read differently.

    Raises:
        BadRegex: The pattern is wrong or refused.
    """
    plain = _ESCAPED.sub("_", pattern)
    if len(pattern) > _MAX_PATTERN:
        raise BadRegex(f"the sandbox does not support regular expressions over {_MAX_PATTERN} characters")
    if _NOT_RE2.search(plain):
        raise BadRegex(f"error parsing regexp: the sandbox does not support this syntax: `{pattern}`")
    repeats = max(len(_REPEAT.findall(choice)) for choice in plain.split("|"))
    if _REPEATED_GROUP.search(plain) or repeats > _MAX_REPEATS:
        raise BadRegex(f"the sandbox does not support so many nested or repeated parts: `{pattern}`")
    try:
        return re.compile(_ANCHOR.sub(r"\\Z", pattern), re.DOTALL)
    except (re.error, OverflowError, RecursionError):
        raise BadRegex(f"error parsing regexp: `{pattern}`") from None


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label: `=`, `!=`, `=~` or `!~` (Prometheus docs, "Querying basics").

    A missing label counts as one with an empty value; regular expressions match the whole value.
    """

    name: str
    operator: str
    value: str
    _regex: re.Pattern[str] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, name: str, operator: str, value: str) -> "Matcher":
        """A matcher, its regular expression compiled.

        Raises:
            BadRegex: The regular expression is wrong or refused.
        """
        return cls(name, operator, value, compile_regex(value) if operator in ("=~", "!~") else None)

    def matches(self, value: str) -> bool:
        """Whether a label of this value passes."""
        if self._regex is None:
            return (value == self.value) == (self.operator == "=")
        return (self._regex.fullmatch(value) is not None) == (self.operator == "=~")


def selects(matchers: Iterable[Matcher], labels: Labels) -> bool:
    """Whether all matchers pass."""
    return all(matcher.matches(value_of(labels, matcher.name)) for matcher in matchers)
