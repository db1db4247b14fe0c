import pytest
from hub_connector_jira.fields import Fields

from hub.plugin import InvalidArguments


def described(id_: str, name: str, *, custom: str = "", clauses: tuple[str, ...] = ()) -> dict[str, object]:
    return {"id": id_, "name": name, "clauseNames": list(clauses), "schema": {"type": "string", "custom": custom}}


FIELDS = Fields(
    [
        described("summary", "Summary", clauses=("summary",)),
        described("fixVersions", "Fix versions", clauses=("fixVersion",)),
        described("status", "Status"),
        described("customfield_1", "Status", custom="x:textfield"),
        described("customfield_2", "Team", custom="x:textfield"),
        described("customfield_3", "Team", custom="x:select", clauses=("cf[3]", "Squad")),
    ]
)


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("customfield_1", "customfield_1"),
        (" summary ", "summary"),
        ("fix version", "fixVersions"),
        ("fixversion", "fixVersions"),
        ("status", "status"),
        ("STATUS", "status"),
        ("squad", "customfield_3"),
        ("cf[3]", "customfield_3"),
    ],
)
def test_a_field_is_meant_by_id_name_or_its_name_in_jql(name: str, id_: str) -> None:
    assert FIELDS.find(name).id == id_


def test_a_name_that_several_custom_fields_have_is_refused() -> None:
    with pytest.raises(InvalidArguments, match="2 fields are called 'team'"):
        FIELDS.find("team")


def test_names_that_are_shared_carry_their_id() -> None:
    names = [FIELDS.name_of(id_) for id_ in ("summary", "status", "customfield_1", "customfield_9")]
    assert names == ["Summary", "Status", "Status [customfield_1]", "customfield_9"]
