"""The fields of a Jira by id and by display name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hub.plugin import InvalidArguments
from hub_connector_jira.near import near
from hub_connector_jira.shapes import Json, items, mapping, string

# What people call them, where Jira's own name is another.
_ALSO = {
    "type": "issuetype",
    "key": "issuekey",
    "fix version": "fixVersions",
    "fixversion": "fixVersions",
    "affected version": "versions",
    "component": "components",
    "label": "labels",
    "due": "duedate",
    "attachments": "attachment",
    "comments": "comment",
    "resolved": "resolutiondate",
    "created date": "created",
    "updated date": "updated",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field.

    Attributes:
        id: Such as `customfield_10016`.
        type: `schema.type`, with the type of an array's items after a space: `array string`.
        custom: Key of a custom field's type; empty for system fields.
        clauses: Its names in JQL.
    """

    id: str
    name: str
    type: str
    custom: str
    clauses: tuple[str, ...]


class Fields:
    """All fields of a Jira.

    Args:
        described: As `GET /field` gives them.
    """

    def __init__(self, described: Iterable[Json]) -> None:
        self.all: Sequence[Field] = [_field(one) for one in described]
        self._by_id = {field.id: field for field in self.all}

    def by_id(self, id_: str) -> Field | None:
        """The field with this id."""
        return self._by_id.get(id_)

    def name_of(self, id_: str) -> str:
        """A field's display name; its id if several share the name, or nobody knows it."""
        field = self._by_id.get(id_)
        if field is None:
            return id_
        shared = sum(other.name == field.name for other in self.all) > 1
        return f"{field.name} [{id_}]" if shared and field.custom else field.name

    def find(self, name: str) -> Field:
        """The field of this id, JQL name or display name.

        Raises:
            InvalidArguments: There is none, or there are several.
        """
        wanted = name.strip()
        if (field := self._by_id.get(wanted)) is not None:
            return field
        lowered = wanted.casefold()
        if lowered in _ALSO and (field := self._by_id.get(_ALSO[lowered])) is not None:
            return field
        found = [field for field in self.all if field.name.casefold() == lowered]
        found = found or [field for field in self.all if lowered in (clause.casefold() for clause in field.clauses)]
        if len(found) > 1:
            own = [field for field in found if not field.custom]
            if len(own) != 1:
                ids = ", ".join(f"{field.id} ({field.type})" for field in found)
                raise InvalidArguments(
                    f"{len(found)} fields are called {name!r}", hint=f"Pass one of the ids: {ids}"
                )
            found = own
        if found:
            return found[0]
        close = near(wanted, [field.name for field in self.all])
        raise InvalidArguments(
            f"Jira has no field {name!r}",
            hint=f"Did you mean {' or '.join(repr(one) for one in close)}?" if close else "find_fields lists them",
        )


def _field(described: Json) -> Field:
    schema = mapping(described.get("schema"))
    return Field(
        id=string(described.get("id")),
        name=string(described.get("name")),
        type=" ".join(filter(None, [string(schema.get("type")), string(schema.get("items"))])),
        custom=string(schema.get("custom")),
        clauses=tuple(string(clause) for clause in items(described.get("clauseNames"))),
    )
