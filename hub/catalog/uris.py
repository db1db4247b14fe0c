"""Resource URI templates: `scheme://a/{id}/b{?from,lines}`, matched strictly."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from hub.errors import ConnectorLoadError

DEFAULT_GRAMMAR = r"[A-Za-z0-9_.:@-]+"
_VARIABLE = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_QUERY = re.compile(r"\{\?([a-z_][a-z0-9_,]*)\}$")
_MOST_FIELDS = 20
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True)
class UriTemplate:
    """A compiled template.

    Attributes:
        template: As clients see it.
        variables: Names in the path, in order; all are required.
        query: Names in the query; all are optional.
    """

    template: str
    variables: tuple[str, ...]
    query: tuple[str, ...]
    pattern: re.Pattern[str]
    grammar: Mapping[str, re.Pattern[str]]

    def match(self, uri: str) -> dict[str, str] | None:
        """The variables of a URI of this template, decoded; None if it is not one.

        A decoded value has to match its grammar as a whole, so an encoded `/` or `..` gets nowhere unless the
        grammar says so.
        """
        path, _, query = uri.partition("?")
        found = self.pattern.fullmatch(path)
        if found is None or _ESCAPE.search(uri):
            return None
        values: dict[str, str] = {}
        for name, raw in found.groupdict().items():
            try:
                value = unquote(raw, errors="strict")
            except UnicodeDecodeError:
                return None
            if value in (".", "..") or not self.grammar[name].fullmatch(value):
                return None
            values[name] = value
        if query:
            try:
                pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
            except ValueError:  # more than that
                return None
            if any(name not in self.query or name in values for name, _ in pairs):
                return None
            values.update(pairs)
        return values


def in_namespace(uri: str, namespace: str) -> str:
    """A connector's own URI as clients see it: its scheme is the namespace.

    A scheme has no underscores (RFC 3986 section 3.1), so `-` stands for them.
    """
    _, separator, rest = uri.partition("://")
    return f"{namespace.replace('_', '-')}{separator}{rest}"


def compile_template(template: str, grammar: Mapping[str, str]) -> UriTemplate:
    """Compile a template.

    Args:
        template: With simple variables in the path and at most one `{?a,b}` at the end.
        grammar: Regular expression per path variable; `DEFAULT_GRAMMAR` for those left out.

    Raises:
        ConnectorLoadError: The template is no URI template of this kind, or a grammar is no regular expression.
    """
    query: tuple[str, ...] = ()
    path = template
    if match := _QUERY.search(template):
        query = tuple(match.group(1).split(","))
        path = template[: match.start()]
    variables = tuple(_VARIABLE.findall(path))
    literal = _VARIABLE.sub("", path)
    repeated = len(set(variables)) < len(variables)
    if "://" not in path or repeated or any(mark in literal for mark in "{}?"):
        raise ConnectorLoadError(f"{template!r} is not a URI template like `jira://issue/{{key}}`")
    if unknown := set(grammar) - set(variables):
        raise ConnectorLoadError(f"{template!r} has no variable {min(unknown)!r} for its grammar")
    parts = _VARIABLE.split(path)
    pattern = "".join(f"(?P<{part}>[^/?#]+)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
    try:
        compiled = {name: re.compile(grammar.get(name, DEFAULT_GRAMMAR)) for name in variables}
    except re.error as error:
        raise ConnectorLoadError(f"{template!r} has a grammar that is no regular expression: {error}") from None
    return UriTemplate(template, variables, query, re.compile(pattern), compiled)
