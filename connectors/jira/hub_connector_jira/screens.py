"""The fields that can be filled in: on creating an issue, on editing it, on a transition."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.plugin import InvalidArguments
from hub_connector_jira.near import did_you_mean, near
from hub_connector_jira.shapes import Json, items, mapping, rows, string
from hub_connector_jira.site import Site, all_pages

# By the kind or the type of a field.
_WRITTEN = {
    "string": "text",
    "user": "e-mail or name",
    "option-with-child": "like A > B",
    "issuelink": "issue key",
    "timetracking": "like 3h 30m",
    "gh-sprint": "id, name or active",
    "gh-epic-link": "issue key",
    "datetime": "time",
}
_OFFERED = 15
"""Values of a field that an error or a list names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenField:
    """A field that can be filled in.

    Attributes:
        type: `schema.type`: string, number, option, user, array…
        items: Type of an array's items.
        kind: The last part of a custom field's type, such as `textarea`; the id of a system field.
        required: It has to be filled in, and has no default.
        allowed: Its values, if Jira lists them.
    """

    id: str
    name: str
    type: str
    items: str
    kind: str
    required: bool
    allowed: Sequence[Json] | None

    @property
    def is_rich(self) -> bool:
        """Whether it holds rich text."""
        return self.kind in ("description", "environment", "textarea")

    @property
    def offered(self) -> str:
        """Its allowed values in a line; empty if Jira does not list them."""
        names = [_with_children(value) for value in self.allowed or ()]
        more = f" and {len(names) - _OFFERED} more" if len(names) > _OFFERED else ""
        return f"{', '.join(names[:_OFFERED])}{more}"

    @property
    def told(self) -> str:
        """Its type, or how it is written where that does not follow from the type."""
        if self.is_rich:
            return "Markdown"
        if self.type == "array" and self.kind not in _WRITTEN:
            return f"list of {_WRITTEN.get(self.items, self.items or 'values')}"
        return _WRITTEN.get(self.kind) or _WRITTEN.get(self.type, self.type)


class Screen:
    """Fields that can be filled in together.

    Args:
        fields: The fields.
        where: Where they can be filled in, for errors.
    """

    def __init__(self, fields: Iterable[ScreenField], where: str) -> None:
        self.fields = list(fields)
        self.where = where

    def find(self, name: str) -> ScreenField:
        """The field of this id or display name.

        Raises:
            InvalidArguments: It is not on the screen, or several have the name.
        """
        lowered = name.strip().casefold()
        found = [field for field in self.fields if field.id.casefold() == lowered]
        found = found or [field for field in self.fields if field.name.casefold() == lowered]
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(f"{field.id} ({field.told})" for field in found)
            raise InvalidArguments(
                f"{len(found)} fields are called {name!r} {self.where}", hint=f"Pass an id: {ids}"
            )
        names = [field.name for field in self.fields]
        raise InvalidArguments(
            f"There is no field {name!r} {self.where}",
            hint=did_you_mean(name, names, otherwise="find_fields lists them"),
        )

    def missing(self, filled: Iterable[str]) -> list[ScreenField]:
        """The required fields that are not filled in."""
        done = set(filled)
        return [field for field in self.fields if field.required and field.id not in done]

    def want_all(self, filled: Iterable[str]) -> None:
        """Refuse what Jira would refuse for lack of a required field.

        Raises:
            InvalidArguments: One is missing.
        """
        if missing := self.missing(filled):
            each = [f"{field.name} ({field.offered or field.told})" for field in missing]
            raise InvalidArguments(
                f"Required {self.where}: {'; '.join(each)}", hint="Pass them in fields, by these names"
            )


def _with_children(value: Mapping[str, Any]) -> str:
    children = [label(child) for child in rows(value.get("children"))]
    return f"{label(value)} ({', '.join(children)})" if children else label(value)


def label(value: Mapping[str, Any]) -> str:
    """How an allowed value is called."""
    return string(value.get("value") or value.get("name") or value.get("key") or value.get("id"))


def screen_field(described: Json, id_: str = "") -> ScreenField:
    """A field as createmeta, editmeta and transitions describe it."""
    schema = mapping(described.get("schema"))
    own = string(described.get("fieldId") or described.get("key") or id_)
    custom = string(schema.get("custom"))
    return ScreenField(
        id=own,
        name=string(described.get("name")) or own,
        type=string(schema.get("type")),
        items=string(schema.get("items")),
        kind=custom.rpartition(":")[2] if custom else string(schema.get("system")) or own,
        required=bool(described.get("required")) and not described.get("hasDefaultValue"),
        allowed=rows(items(described["allowedValues"])) if "allowedValues" in described else None,
    )


async def create_screen(site: Site, project: str, kind: str) -> tuple[Json, Screen]:
    """The issue type of this name, and the fields an issue of it can have.

    Raises:
        InvalidArguments: The project has no such type, or is not allowed.
        NotFound: There is no such project, or nothing may be created in it.
    """
    project = site.scope.project(project)
    path = "/issue/createmeta/{project}/issuetypes"
    types = await all_pages(site, path, ("issueTypes", "values"), project=project)
    found = [one for one in types if kind.casefold() in (string(one.get("name")).casefold(), string(one.get("id")))]
    if not found:
        names = [string(one.get("name")) for one in types]
        close = near(kind, names)
        raise InvalidArguments(
            f"Project {project} has no issue type {kind!r}, or this account may not create one",
            hint=f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(names) or 'none'}",
        )
    fields = await all_pages(
        site, f"{path}/{{id}}", ("fields", "values", "results"), project=project, id=string(found[0].get("id"))
    )
    return found[0], Screen(map(screen_field, fields), f"for {string(found[0].get('name'))} in {project}")


async def edit_screen(site: Site, key: str) -> Screen:
    """The fields of an issue that can be edited.

    Raises:
        ConnectorError: Jira does not answer as it should.
    """
    found = mapping(mapping(await site.wire.get("/issue/{key}/editmeta", key=key)).get("fields"))
    return Screen((screen_field(mapping(one), id_) for id_, one in found.items()), f"on the edit screen of {key}")
