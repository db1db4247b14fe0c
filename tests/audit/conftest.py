"""Records to write, and a log to write them to."""

from collections.abc import Callable

import orjson
import pytest

from hub.audit.records import Conclusion, Intent, Refusal


@pytest.fixture
def intent() -> Callable[..., Intent]:
    def make(call: str = "c1", **fields: object) -> Intent:
        told: dict[str, object] = {
            "kind": "tool",
            "name": "jira_search",
            "namespace": "jira",
            "client": "ci-bot",
            "roles": ("analyst",),
            "how": "key",
            "transport": "http",
            "rule": 'roles.analyst.allowed_tools "jira_*"',
            "policy": "abc",
            "arguments": orjson.Fragment(b'{"query":"x"}'),
        }
        return Intent(call=call, **{**told, **fields})  # pyright: ignore[reportArgumentType]  fields of a test

    return make


@pytest.fixture
def refusal() -> Callable[..., Refusal]:
    def make(call: str = "r1", outcome: str = "denied") -> Refusal:
        return Refusal(
            call=call,
            kind="tool",
            name="jira_delete",
            client="ci-bot",
            how="key",
            transport="http",
            arguments=orjson.Fragment(b"{}"),
            outcome=outcome,
            retry_after=3.0,
        )

    return make


@pytest.fixture
def conclusion() -> Callable[..., Conclusion]:
    def make(call: str = "c1", outcome: str = "ok") -> Conclusion:
        return Conclusion(
            call=call,
            name="jira_search",
            client="ci-bot",
            outcome=outcome,
            duration_ms=12.5,
            upstream=True,
            requests=2,
            result_size=400,
        )

    return make
