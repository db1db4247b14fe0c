"""What counts as unanswered, and how much of it a client may have."""

import asyncio
from typing import Any

import pytest

from hub.server import streams
from hub.server.mailbox import BACKLOG, BACKLOG_BYTES, Mailbox
from hub.server.messages import Head
from hub.server.refusals import Refusal
from hub.server.unanswered import STREAMS, Unanswered


def request(number: Any, method: str = "ping") -> Head:
    return Head(method, number)


def test_there_is_room_up_to_the_count_and_again_after_an_answer() -> None:
    unanswered = Unanswered(most=2, most_bytes=1000)
    unanswered.admit(request(1), 10)
    unanswered.admit(request(2), 10)
    with pytest.raises(Refusal) as caught:
        unanswered.admit(request(3), 10)
    assert (caught.value.status, dict(caught.value.headers)) == (503, {b"retry-after": b"1"})
    unanswered.settle(1)
    unanswered.admit(request(3), 10)
    assert (len(unanswered), unanswered.held) == (2, 20)


def test_an_answer_nobody_reads_takes_room_by_its_size() -> None:
    unanswered = Unanswered(most=9, most_bytes=1000)
    unanswered.admit(request(1), 10)
    unanswered.answered(1, 990)
    assert not unanswered.has_room(11)
    unanswered.settle(1)
    unanswered.settle(1)
    assert (unanswered.held, unanswered.has_room(1000)) == (0, True)


@pytest.mark.parametrize("twin", [7, "7", "07", " 7", "+7"])
def test_ids_the_sdk_takes_for_one_are_one(twin: Any) -> None:
    unanswered = Unanswered(most=9, most_bytes=1000)
    unanswered.admit(request(7), 10)
    with pytest.raises(Refusal) as caught:
        unanswered.admit(request(twin), 10)
    assert caught.value.status == 400
    unanswered.settle(twin)
    assert len(unanswered) == 0


def test_open_streams_take_no_place_up_to_a_number() -> None:
    unanswered = Unanswered(most=1, most_bytes=1000)
    for number in range(STREAMS):
        unanswered.admit(request(number, "subscriptions/listen"), 1)
    assert unanswered.has_room(1)
    unanswered.admit(request("one more", "subscriptions/listen"), 1)
    assert not unanswered.has_room(1)


async def test_whoever_waits_for_room_goes_on_once_there_is_some() -> None:
    unanswered = Unanswered(most=1, most_bytes=1000)
    unanswered.add(request(1), 1)
    waiting = asyncio.create_task(unanswered.room(1))
    emptied = asyncio.create_task(unanswered.none())
    unanswered.settle(1)
    await asyncio.wait_for(asyncio.gather(waiting, emptied), 5)


def test_a_mailbox_drops_notifications_beyond_its_bounds_and_never_an_answer() -> None:
    mailbox = Mailbox()
    for _ in range(BACKLOG + 50):
        mailbox.put(b"n")
    assert (len(mailbox), mailbox.held) == (BACKLOG, BACKLOG)
    mailbox.put_answer(b"answer", lambda: None)
    assert len(mailbox) == BACKLOG + 1
    large = Mailbox()
    for _ in range(50):
        large.put(b"n" * (BACKLOG_BYTES // 10))
    assert large.held <= BACKLOG_BYTES


async def test_a_client_that_takes_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "STALLED_SECONDS", 0.01)
    stuck = asyncio.Event()

    async def never(*_: Any) -> Any:
        await stuck.wait()

    mailbox = Mailbox()
    mailbox.put(b"event")
    assert not await asyncio.wait_for(streams.drain(mailbox, never, never), 5)


async def test_what_waits_is_sent_before_an_ended_stream_closes() -> None:
    async def ended() -> Any:
        return {"type": "http.disconnect"}

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message["body"])

    mailbox = Mailbox()
    for event in (b"one", b"two"):
        mailbox.put(event)
    assert not await streams.drain(mailbox, ended, send)
    assert sent == [b"one", b"two"]
