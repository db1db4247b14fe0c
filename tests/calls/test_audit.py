"""An intent before anything is done, an outcome before the reply, one row for a refusal."""

import asyncio
import logging
import shutil
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Annotated, Any

import pytest

from hub.access.policy import Decision
from hub.access.principal import Principal
from hub.audit.log import AuditLog
from hub.audit.reader import AuditEntry, tail
from hub.calls.audit import begin, finish, record_refusal
from hub.calls.authorize import Hidden
from hub.calls.types import Call, Kind, Outcome
from hub.catalog.build import build_items
from hub.catalog.items import AnyItem
from hub.config.models import ConnectorTable
from hub.errors import AuditUnavailable, CallError, InvalidArguments, QuotaExceeded, UnknownName
from hub.plugin import Connector, ConnectorContext, ConnectorSettings, Service, tool
from hub.results.content import Image, ResourceLink, Text

ALLOWED = Decision("allow", 'roles.analyst.allowed_tools "*"', "v1")


class Notes(Connector[ConnectorSettings]):
    """One tool with a parameter that must not be kept."""

    @tool(sensitive=["body"])
    async def write(self, title: Annotated[str, "Title"], body: Annotated[str, "Text"]) -> str:
        """Write a note."""
        raise AssertionError((title, body))


@pytest.fixture
def item() -> AnyItem:
    def refuse(service: Service) -> Any:
        raise AssertionError(service)

    connector = Notes(ConnectorSettings(), ConnectorContext(namespace="notes", open_service=refuse))
    return build_items(connector, ConnectorTable()).items[0]


@pytest.fixture
async def audit(tmp_path: Path) -> AsyncGenerator[AuditLog]:
    async with AuditLog.open(tmp_path / "state", patience=5) as audit:
        yield audit


def call(name: str = "notes_write", kind: Kind = "tool") -> Call:
    return Call(
        id="c1",
        kind=kind,
        name=name,
        arguments={"title": "hello", "body": "very private"},
        principal=Principal(client="ci-bot", roles=("analyst",), how="key"),
        transport="http",
    )


def only_entry(audit: AuditLog) -> AuditEntry:
    (entry,) = tail(audit.path, 10)
    return entry


async def test_the_intent_is_on_disk_when_begin_returns(audit: AuditLog, item: AnyItem) -> None:
    await begin(audit, call(), item, ALLOWED)
    entry = only_entry(audit)
    assert (entry.outcome, entry.call, entry.name, entry.namespace) == ("running", "c1", "notes_write", "notes")
    assert (entry.client, entry.roles, entry.how, entry.transport) == ("ci-bot", ("analyst",), "key", "http")
    assert (entry.rule, entry.policy) == (ALLOWED.rule, "v1")
    assert entry.arguments == '{"body":"[secret]","title":"hello"}'


async def test_the_outcome_is_on_disk_when_finish_returns(audit: AuditLog, item: AnyItem) -> None:
    ticket = await begin(audit, call(), item, ALLOWED)
    content = (Text("four"), Image(data=b"12345678", mime_type="image/png"), ResourceLink(uri="a://b", name="b"))
    await finish(ticket, Outcome(content=content, upstream=True), requests=3)
    entry = only_entry(audit)
    assert (entry.outcome, entry.upstream, entry.requests, entry.result_size) == ("ok", True, 3, 17)
    assert entry.duration_ms is not None
    assert 0 <= entry.duration_ms < 60_000


async def test_a_failed_call_has_its_code_and_when_to_retry(audit: AuditLog, item: AnyItem) -> None:
    ticket = await begin(audit, call(), item, ALLOWED)
    await finish(ticket, Outcome(content=(), error="rate_limited", retry_after=9.5, upstream=True), requests=1)
    entry = only_entry(audit)
    assert (entry.outcome, entry.retry_after) == ("rate_limited", 9.5)


async def test_a_resource_is_logged_by_name_and_uri(audit: AuditLog, item: AnyItem) -> None:
    await begin(audit, call("notes://note/7", "resource"), item, ALLOWED)
    entry = only_entry(audit)
    assert (entry.kind, entry.name, entry.uri) == ("resource", "notes_write", "notes://note/7")


@pytest.mark.parametrize(
    ("error", "known", "outcome", "rule"),
    [
        (UnknownName("tool", "notes_wirte"), False, "unknown_name", ""),
        (InvalidArguments("title is missing"), True, "invalid_arguments", ALLOWED.rule),
        (QuotaExceeded("used up", retry_after=3), True, "quota_exceeded", ALLOWED.rule),
        (Hidden(call(), Decision("deny", "the rule that denied"), []), True, "denied", "the rule that denied"),
    ],
)
async def test_a_refusal_is_one_row_with_its_reason(
    audit: AuditLog, item: AnyItem, error: CallError, known: bool, outcome: str, rule: str
) -> None:
    await record_refusal(audit, call(), error, item if known else None, ALLOWED if known else None)
    entry = only_entry(audit)
    assert (entry.outcome, entry.rule, entry.retry_after) == (outcome, rule, error.retry_after)
    assert (entry.name, entry.namespace) == ("notes_write", "notes" if known else "")
    assert (entry.upstream, entry.requests, entry.sequence) == (False, 0, entry.last)
    assert ("very private" in entry.arguments) is not known


async def test_names_that_lead_nowhere_are_cut_and_can_hold_anything(audit: AuditLog) -> None:
    await record_refusal(audit, call("\ud800\x00" + "x" * 100_000), UnknownName("tool", "x"))
    assert len(only_entry(audit).name) < 400


async def test_without_a_log_nothing_begins_and_no_refusal_passes_unrecorded(
    audit: AuditLog, item: AnyItem
) -> None:
    await begin(audit, call(), item, ALLOWED)
    shutil.rmtree(audit.path.parent)
    with pytest.raises(AuditUnavailable, match="nothing is done"):
        await begin(audit, call(), item, ALLOWED)
    with pytest.raises(AuditUnavailable):
        await record_refusal(audit, call(), InvalidArguments("x"), item)


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (Outcome(content=(), upstream=True), "notes_write was carried out, but that could not be recorded"),
        (
            Outcome(content=(), upstream=True, error="outcome_unknown"),
            "reached the service and ended in outcome_unknown",
        ),
        (Outcome(content=()), "could not be recorded in the audit log, so it is withheld"),
    ],
)
async def test_an_outcome_that_cannot_be_recorded_is_told_as_it_is(
    audit: AuditLog, item: AnyItem, caplog: pytest.LogCaptureFixture, outcome: Outcome, told: str
) -> None:
    ticket = await begin(audit, call(), item, ALLOWED)
    shutil.rmtree(audit.path.parent)
    with pytest.raises(AuditUnavailable, match=told) as unrecorded:
        await finish(ticket, outcome)
    assert ("look before you repeat it" in str(unrecorded.value)) is outcome.upstream
    (loud,) = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert "c1" in loud.getMessage()
    assert "notes_write by ci-bot" in loud.getMessage()


async def test_every_call_of_a_crowd_has_both_records(audit: AuditLog, item: AnyItem) -> None:
    async def one() -> None:
        await finish(await begin(audit, call(), item, ALLOWED), Outcome(content=(Text("x"),)))

    await asyncio.gather(*[one() for _ in range(300)])
    entries = tail(audit.path, 1000)
    assert len(entries) == 300
    assert {entry.outcome for entry in entries} == {"ok"}
