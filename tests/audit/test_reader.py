from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from hub.audit.log import AuditLog
from hub.audit.reader import follow, tail
from hub.audit.records import Conclusion, Intent, Refusal, log_file
from hub.audit.redact import Redactor
from hub.errors import ConfigError


async def test_an_entry_joins_an_intent_with_its_outcome(
    tmp_path: Path, intent: Callable[..., Intent], conclusion: Callable[..., Conclusion]
) -> None:
    async with AuditLog.open(tmp_path) as audit:
        first = await audit.intend(intent("c1"))
        second = await audit.intend(intent("c2"))
        await audit.conclude(second, conclusion("c2", "rate_limited"))
        await audit.conclude(first, conclusion("c1"))
    one, two = tail(log_file(tmp_path), 10)
    assert (one.sequence, one.last, one.call, one.outcome) == (first, first + 3, "c1", "ok")
    assert (two.call, two.outcome) == ("c2", "rate_limited")
    assert (one.kind, one.name, one.namespace, one.client) == ("tool", "jira_search", "jira", "ci-bot")
    assert (one.roles, one.how, one.transport, one.policy) == (("analyst",), "key", "http", "abc")
    assert (one.rule, one.arguments) == ('roles.analyst.allowed_tools "jira_*"', '{"query":"x"}')
    assert (one.duration_ms, one.upstream, one.requests, one.result_size) == (12.5, True, 2, 400)
    assert timedelta(0) <= datetime.now(UTC) - one.time < timedelta(minutes=1)


async def test_a_refusal_is_one_entry(tmp_path: Path, refusal: Callable[..., Refusal]) -> None:
    async with AuditLog.open(tmp_path) as audit:
        await audit.refuse(refusal("r1"))
    (entry,) = tail(log_file(tmp_path), 10)
    assert (entry.outcome, entry.retry_after, entry.upstream, entry.requests) == ("denied", 3.0, False, 0)


async def test_tail_gives_the_newest_oldest_first(tmp_path: Path, refusal: Callable[..., Refusal]) -> None:
    async with AuditLog.open(tmp_path) as audit:
        for number in range(20):
            await audit.refuse(refusal(f"r{number}"))
    assert [entry.call for entry in tail(log_file(tmp_path), 3)] == ["r17", "r18", "r19"]
    assert tail(log_file(tmp_path), 0) == []


async def test_follow_gives_each_call_once_when_it_has_ended(
    tmp_path: Path,
    intent: Callable[..., Intent],
    conclusion: Callable[..., Conclusion],
    refusal: Callable[..., Refusal],
) -> None:
    path = log_file(tmp_path)
    async with AuditLog.open(tmp_path) as audit:
        first = await audit.intend(intent("slow"))
        assert follow(path, 0) == []
        await audit.refuse(refusal("r1"))
        seen = follow(path, 0)
        assert [entry.call for entry in seen] == ["r1"]
        await audit.conclude(first, conclusion("slow"))
        (slow,) = follow(path, seen[-1].last)
        assert (slow.call, slow.sequence, slow.outcome) == ("slow", first, "ok")
        assert follow(path, slow.last) == []


async def test_a_call_in_flight_is_running_and_interrupted_once_nobody_writes(
    tmp_path: Path, intent: Callable[..., Intent]
) -> None:
    async with AuditLog.open(tmp_path) as audit:
        await audit.intend(intent())
        assert [entry.outcome for entry in tail(log_file(tmp_path), 1)] == ["running"]
    assert [entry.outcome for entry in tail(log_file(tmp_path), 1)] == ["interrupted"]


async def test_arguments_that_were_cut_show_their_beginning(tmp_path: Path, intent: Callable[..., Intent]) -> None:
    async with AuditLog.open(tmp_path) as audit:
        cut = orjson.Fragment(orjson.dumps('{"query":"aaa'))
        await audit.intend(intent(arguments=cut, arguments_sha256="f" * 64))
    (entry,) = tail(log_file(tmp_path), 1)
    assert (entry.arguments, entry.arguments_sha256) == ('{"query":"aaa', "f" * 64)


def test_a_missing_log_is_told_plainly_and_not_made(tmp_path: Path) -> None:
    for read in (lambda: tail(log_file(tmp_path), 5), lambda: follow(log_file(tmp_path), 0)):
        with pytest.raises(ConfigError, match=r"There is no audit log at .* yet"):
            read()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_log_is_told_plainly(tmp_path: Path) -> None:
    log_file(tmp_path).write_bytes(b"nonsense" * 1000)
    with pytest.raises(ConfigError, match="cannot be read"):
        tail(log_file(tmp_path), 5)


async def test_text_that_is_no_unicode_can_be_written_and_read_back(
    tmp_path: Path, intent: Callable[..., Intent]
) -> None:
    arguments = Redactor().arguments({"query": "a\udcff", "\ud800": ["\udfff"]})
    async with AuditLog.open(tmp_path) as audit:
        await audit.intend(intent(arguments=orjson.Fragment(arguments.json)))
    (entry,) = tail(log_file(tmp_path), 1)
    assert orjson.loads(entry.arguments) == {"query": "a\\udcff", "\\ud800": ["\\udfff"]}
    assert follow(log_file(tmp_path), 0) == []
