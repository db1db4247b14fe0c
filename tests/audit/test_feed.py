"""The way of audit records to a sink, whatever the sink does."""

import logging
import sys
import threading
from collections.abc import Callable, Sequence

import pytest

from hub.audit.feed import SinkFeed
from hub.plugin import AuditRecord, AuditSink


def records(first: int, count: int = 1) -> list[AuditRecord]:
    return [
        AuditRecord(sequence=n, time_ns=n, event="intent", intent=None, body="{}")
        for n in range(first, first + count)
    ]


class Kept(AuditSink):
    """Keeps what it gets; what it does before is up to the test."""

    def __init__(self, harm: Callable[[], object] = lambda: None) -> None:
        self.got: list[int] = []
        self.closed = 0
        self._harm = harm

    def send(self, records: Sequence[AuditRecord]) -> None:
        self._harm()
        self.got += [record.sequence for record in records]

    def close(self) -> None:
        self.closed += 1


def ended(feed: SinkFeed) -> None:
    feed.close()
    feed.wait(5)


def test_records_arrive_in_order_and_the_sink_is_closed_once() -> None:
    sink = Kept()
    feed = SinkFeed("siem", sink)
    for first in range(0, 3000, 100):
        feed.offer(records(first, 100))
    ended(feed)
    assert sink.got == list(range(3000))
    assert sink.closed == 1
    assert feed.health == ""


def test_a_sink_that_was_never_used_is_closed_all_the_same() -> None:
    sink = Kept()
    ended(SinkFeed("siem", sink))
    assert sink.closed == 1


def test_what_fails_is_handed_over_again_and_told_once_each_way(caplog: pytest.LogCaptureFixture) -> None:
    failures = iter([OSError("s3cret"), OSError("s3cret"), None])

    def harm() -> None:
        if error := next(failures, None):
            raise error

    sink = Kept(harm)
    feed = SinkFeed("siem", sink, retries=(0.0, 0.0, 0.0))
    feed.offer(records(1, 2))
    while len(sink.got) < 2:
        threading.Event().wait(0.001)
    ended(feed)
    assert sink.got == [1, 2]
    assert [record.getMessage() for record in caplog.records] == [
        "The audit sink siem failed: send() raised OSError",
        "The audit sink siem takes records again",
    ]


@pytest.mark.parametrize("error", [OSError("s3cret"), SystemExit(3), KeyboardInterrupt()], ids=repr)
def test_what_keeps_failing_is_dropped_and_counted(caplog: pytest.LogCaptureFixture, error: BaseException) -> None:
    def harm() -> None:
        raise error

    feed = SinkFeed("siem", Kept(harm), retries=(0.0,))
    feed.offer(records(1, 3))
    ended(feed)
    assert feed.health.endswith("3 records dropped since the hub read hub.toml")
    assert f"send() raised {type(error).__name__}" in feed.health
    assert "3 records have not reached the audit sink siem" in caplog.text
    assert "s3cret" not in caplog.text


def test_a_sink_that_hangs_holds_nobody_up_and_its_losses_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    release, entered = threading.Event(), threading.Event()

    def harm() -> None:
        entered.set()
        release.wait()

    sink = Kept(harm)
    feed = SinkFeed("siem", sink, most_waiting=10)
    feed.offer(records(0, 5))
    assert entered.wait(5)
    feed.offer(records(5, 20))
    assert feed.health == "15 records dropped since the hub read hub.toml"
    feed.close()
    feed.wait(0.05)
    assert "did not end; 10 records may not have reached it" in caplog.text
    release.set()
    feed.wait(5)
    assert sink.got == [*range(5), *range(20, 25)]
    feed.offer(records(99))
    assert sink.got[-1] == 24


def test_a_flood_of_losses_is_a_handful_of_log_lines(caplog: pytest.LogCaptureFixture) -> None:
    def harm() -> None:
        sys.exit()

    feed = SinkFeed("siem", Kept(harm), retries=())
    with caplog.at_level(logging.ERROR):
        for first in range(2000):
            feed.offer(records(first))
        ended(feed)
    assert "2000 records dropped" in feed.health
    assert len(caplog.records) < 20
