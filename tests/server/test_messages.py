"""The first look at a JSON-RPC message."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.server.messages import BadMessage, Head, read_head

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


def ping(**more: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping", **more}).encode()


def test_the_head_of_a_request_is_read() -> None:
    raw = ping(params={"_meta": {"progressToken": 7}})
    assert read_head(raw) == Head("ping", 1, wants_progress=True)


def test_a_cancellation_names_what_it_cancels() -> None:
    raw = b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"a"}}'
    assert read_head(raw).cancels == "a"


def test_a_response_is_no_request() -> None:
    assert not read_head(b'{"jsonrpc":"2.0","id":1,"result":{}}').is_request


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(raw: bytes) -> None:
    with contextlib.suppress(BadMessage):
        read_head(raw)


@given(JSON_VALUES)
def test_no_arguments_a_client_may_send_are_refused(value: Any) -> None:
    assert read_head(ping(params={"arguments": value})).method == "ping"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        pytest.param(b'{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}', -32600, id="key twice"),
        pytest.param(ping()[:-1] + b',"params":{"a":{"b":1,"b":2}}}', -32600, id="key twice, deep inside"),
        pytest.param(b"[" + ping() + b"]", -32600, id="batch"),
        pytest.param(ping(id=None), -32600, id="null id"),
        pytest.param(ping(id=1.5), -32600, id="fractional id"),
        pytest.param(ping(id=True), -32600, id="boolean id"),
        pytest.param(ping(id="x" * 100_000), -32600, id="huge id"),
        pytest.param(ping(method=["ping"]), -32600, id="method is no string"),
        pytest.param(b'{"jsonrpc":"2.0","id":1}', -32600, id="neither request nor response"),
        pytest.param(ping()[:-1] + b',"params":NaN}', -32700, id="NaN"),
        pytest.param(ping()[:-1] + b',"params":1e400}', -32700, id="infinite"),
        pytest.param(ping()[:-1] + b',"params":' + b"9" * 5000 + b"}", -32700, id="5,000 digits"),
        pytest.param(ping()[:-1] + b',"params":"\xff"}', -32700, id="not UTF-8"),
        pytest.param(ping()[:-1] + b',"params":"\\ud800"}', -32700, id="half a surrogate pair"),
        pytest.param(ping()[:-1] + b',"params":' + b"[" * 2000 + b"]" * 2000 + b"}", -32700, id="2,000 levels"),
        pytest.param(b"[" * 100_000, -32700, id="100,000 levels, never closed"),
        pytest.param(b"\xef\xbb\xbf" + ping(), -32700, id="byte order mark"),
        pytest.param(b"", -32700, id="empty"),
    ],
)
def test_what_two_readers_could_read_differently_is_refused(raw: bytes, code: int) -> None:
    with pytest.raises(BadMessage) as caught:
        read_head(raw)
    assert caught.value.code == code


def test_brackets_in_text_are_not_nesting() -> None:
    assert read_head(ping(params={"text": '[{"' * 5000})).method == "ping"
    assert read_head(ping(params={"list": [[]] * 5000})).method == "ping"


def test_measuring_the_nesting_takes_time_in_line_with_the_size() -> None:
    with pytest.raises(BadMessage):
        read_head(b'"' + b'\\"' * 1_000_000 + b"[" * 200)
