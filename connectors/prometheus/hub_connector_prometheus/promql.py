"""PromQL as text: names, quoting, the selectors inside a query, matchers, and rewrites that narrow it.

Grammar: https://prometheus.io/docs/prometheus/latest/querying/basics/
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

METRIC_NAME = r"[A-Za-z_:][A-Za-z0-9_:.]*"
"""Metric names, and the dotted ones that OpenTelemetry brings (Prometheus 3)."""
LABEL_NAME = r"[A-Za-z_][A-Za-z0-9_.]*"

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|\#[^\n]*)
  | (?P<string>"(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' | `[^`]*`)
  | (?P<number>[0-9][0-9A-Za-z_.]*|\.[0-9]+)
  | (?P<word>[A-Za-z_:][A-Za-z0-9_:]*)
  | (?P<operator>=~|!~|!=|==|<=|>=|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_LABEL_LISTS = frozenset({"by", "without", "on", "ignoring", "group_left", "group_right"})
_WORDS = _LABEL_LISTS | {"and", "or", "unless", "offset", "bool", "atan2", "inf", "nan", "anchored", "smoothed"}
_MATCH_OPERATORS = frozenset({"=", "!=", "=~", "!~"})
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ESCAPED = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Matcher:
    """One label matcher, such as `code=~"5.."`."""

    name: str
    operator: str
    value: str

    def __str__(self) -> str:
        return f"{label_reference(self.name)}{self.operator}{quoted(self.value)}"


@dataclass(frozen=True, slots=True)
class Selector:
    """A series selector found in a query.

    Attributes:
        metric: Its metric name; empty where there is none.
        matchers: Its label matchers, without the one for the name.
    """

    metric: str
    matchers: tuple[Matcher, ...] = ()

    def __str__(self) -> str:
        return selector(self.metric, self.matchers)


def quoted(value: str) -> str:
    """The value as a string literal in double quotes; PromQL and Alertmanager read these escapes alike."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def unquoted(literal: str) -> str:
    """The value of a PromQL string literal; any of the three kinds of quotes."""
    body = literal[1:-1]
    if literal.startswith("`"):
        return body

    def decode(match: re.Match[str]) -> str:
        two, four, eight, octal, plain = match.groups()
        if plain is not None:
            return _ESCAPES.get(plain, plain)
        code = int(octal, 8) if octal else int(two or four or eight, 16)
        return chr(code) if code <= 0x10FFFF else "\ufffd"

    return _ESCAPED.sub(decode, body)


def label_reference(name: str) -> str:
    """A label's name inside braces or a `by (…)`; dotted names need quotes (Prometheus 3)."""
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) else quoted(name)


def selector(metric: str = "", matchers: Sequence[Matcher] = ()) -> str:
    """A series selector for these; correct for any metric name and any value."""
    inside = ",".join(str(matcher) for matcher in matchers)
    if re.fullmatch(r"[A-Za-z_:][A-Za-z0-9_:]*", metric) and metric.lower() not in _WORDS:
        return f"{metric}{{{inside}}}" if inside else metric
    name = f"__name__={quoted(metric)}" if metric else ""
    return "{" + ",".join(part for part in (name, inside) if part) + "}"


def topk(count: int, query: str) -> str:
    """The query cut to its largest series."""
    return f"topk({count}, {_closed(query)})"


def grouped(function: str, labels: Sequence[str], query: str) -> str:
    """The query aggregated by these labels."""
    return f"{function} by ({', '.join(map(label_reference, labels))}) ({_closed(query)})"


def _closed(query: str) -> str:
    """The query, so that a closing bracket after it is no part of a trailing comment."""
    return query.strip() + ("\n" if "#" in query else "")


def tokens(query: str) -> list[tuple[str, str]]:
    """Kind and text of every token but space and comments; never fails."""
    return [(m.lastgroup or "", m[0]) for m in _TOKEN.finditer(query) if m.lastgroup != "space"]


def selectors(query: str) -> list[Selector]:
    """The series selectors of a query in order; best effort, for hints only."""
    return list(_selectors(tokens(query)))


def _selectors(parts: list[tuple[str, str]]) -> Iterator[Selector]:
    at = 0
    while at < len(parts):
        kind, text = parts[at]
        following = parts[at + 1][1] if at + 1 < len(parts) else ""
        if text == "[":
            at = _after(parts, at, "[", "]")
        elif kind == "word" and text.lower() in _LABEL_LISTS and following == "(":
            at = _after(parts, at + 1, "(", ")")
        elif kind == "word" and following.lower() not in ("(", "by", "without") and text.lower() not in _WORDS:
            end = _after(parts, at + 1, "{", "}") if following == "{" else at + 1
            yield _selector(text, parts[at + 2 : end - 1])
            at = end
        elif text == "{":
            end = _after(parts, at, "{", "}")
            yield _selector("", parts[at + 1 : end - 1])
            at = end
        else:
            at += 1


def _after(parts: list[tuple[str, str]], at: int, opening: str, closing: str) -> int:
    depth = 0
    for index in range(at, len(parts)):
        kind, text = parts[index]
        if kind == "operator":
            depth += (text == opening) - (text == closing)
        if depth == 0:
            return index + 1
    return len(parts)


def _selector(metric: str, inside: list[tuple[str, str]]) -> Selector:
    matchers: list[Matcher] = []
    at = 0
    while at < len(inside):
        kind, text = inside[at]
        name = unquoted(text) if kind == "string" else text
        has_value = at + 2 < len(inside) and inside[at + 1][1] in _MATCH_OPERATORS and inside[at + 2][0] == "string"
        if has_value and kind in ("word", "string"):
            matchers.append(Matcher(name, inside[at + 1][1], unquoted(inside[at + 2][1])))
            at += 3
        else:
            if kind == "string":
                metric = metric or name
            at += 1
    for matcher in matchers:
        if matcher.name == "__name__" and matcher.operator == "=":
            metric = metric or matcher.value
    return Selector(metric, tuple(matcher for matcher in matchers if matcher.name != "__name__"))


_BARE_VALUE = re.compile(r"""[^\s,{}"'`=!~]+""")
_MATCHER = re.compile(r"""\s*(?P<name>[A-Za-z_][A-Za-z0-9_.]*|"(?:[^"\\\n]|\\.)+")\s*(?P<operator>=~|!~|!=|=)\s*""")


def parse_matchers(text: str) -> list[Matcher]:
    """Read `alertname="X", severity=~"crit.*"`, with or without braces; simple values need no quotes.

    Raises:
        ValueError: The text is no list of matchers; says where it stops making sense.
    """
    body = text.strip()
    if body.startswith("{") and body.endswith("}"):
        body = body[1:-1].strip()
    found: list[Matcher] = []
    at = 0
    while at < len(body):
        head = _MATCHER.match(body, at)
        value = (_string_at(body, head.end()) or _BARE_VALUE.match(body, head.end())) if head else None
        if head is None or value is None:
            raise ValueError(
                f'no matcher at {body[at : at + 30]!r}; write matchers like alertname="X",severity=~"warn|info"'
            )
        name = head["name"]
        literal = value[0]
        found.append(
            Matcher(
                unquoted(name) if name.startswith('"') else name,
                head["operator"],
                unquoted(literal) if literal[0] in "\"'`" else literal,
            )
        )
        rest = re.compile(r"\s*(,|$)").match(body, value.end())
        if rest is None:
            raise ValueError(f"expected a comma at {body[value.end() : value.end() + 30]!r}")
        at = rest.end()
    if not found:
        raise ValueError('no matcher given; write matchers like alertname="X",severity=~"warn|info"')
    return found


def as_selector(text: str) -> str:
    """A series selector as it is, or made of matchers written without braces: `job=api` is `{job="api"}`."""
    if "{" in text or not _MATCHER.match(text):
        return text
    try:
        return selector(matchers=parse_matchers(text))
    except ValueError:
        return text


def bare_selector(query: str) -> Selector | None:
    """The selector if the query is nothing else."""
    parts = tokens(query)
    at = 1 if parts and parts[0][0] == "word" else 0
    end = _after(parts, at, "{", "}") if at < len(parts) and parts[at][1] == "{" else at
    found = selectors(query)
    return found[0] if len(found) == 1 and end == len(parts) else None


def is_counter(metric: str) -> bool:
    """Whether its name says that it only rises."""
    return metric.endswith(("_total", "_count", "_bucket"))


def _string_at(text: str, at: int) -> re.Match[str] | None:
    match = _TOKEN.match(text, at)
    return match if match is not None and match.lastgroup == "string" else None
