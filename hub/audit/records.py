"""The records of the audit log and how they are written down.

Three kinds: an *intent* before anything is done, its *outcome* before the reply, and for a call that never gets so
far, one *refusal* that is both.
"""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

import orjson

Event = Literal["intent", "outcome", "refusal"]


def log_file(state: Path) -> Path:
    """The audit log in a hub's state folder."""
    return state / "audit.db"


class Row(NamedTuple):
    """One line of the table `records`; SQLite gives it its sequence number."""

    time_ns: int
    event: Event
    intent: int | None
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A call that is about to be carried out.

    Attributes:
        call: The call's id.
        kind: `tool`, `resource`, `prompt` or `completion`.
        name: Name with namespace, as policies know it; for a name that leads nowhere, what the caller wrote.
        uri: Of the resource read.
        namespace: Of the connector.
        client: Who asked.
        roles: Their roles.
        how: How they proved who they are.
        transport: How the call came.
        rule: The rule that let it through, or that refused it.
        policy: Version of the policy.
        arguments: Redacted; see `hub.audit.redact`.
        arguments_sha256: Where the arguments were cut.
    """

    call: str
    kind: str
    name: str
    uri: str | None = None
    namespace: str = ""
    client: str
    roles: tuple[str, ...] = ()
    how: str
    transport: str
    rule: str = ""
    policy: str = ""
    arguments: orjson.Fragment = field(repr=False)
    arguments_sha256: str | None = None

    def row(self) -> Row:
        """As it is written down."""
        return Row(time.time_ns(), "intent", None, orjson.dumps(self).decode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal(Intent):
    """A call that was refused before anything was done.

    Attributes:
        outcome: Code of the reason, see `hub.errors`; `denied` where the caller was told `unknown_name`.
        retry_after: Seconds, where the reason knows.
        calls: How many refused calls this record stands for; all but the last of them left no other.
    """

    outcome: str
    retry_after: float | None = None
    calls: int = 1

    def row(self) -> Row:
        """As it is written down."""
        return Row(time.time_ns(), "refusal", None, orjson.dumps(self).decode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """What came of an intent.

    Attributes:
        call: The call's id.
        name: As in the intent.
        client: As in the intent.
        outcome: `ok`, or the code of the error.
        duration_ms: From the intent to the outcome.
        upstream: Whether anything may have reached the service.
        requests: Requests that were handed to the network.
        retry_after: Seconds, where the error knows.
        result_size: Characters of text and bytes of images in the result.
        notes: What call middlewares said of it, each with the name of its plugin.
    """

    call: str
    name: str
    client: str
    outcome: str
    duration_ms: float
    upstream: bool = False
    requests: int = 0
    retry_after: float | None = None
    result_size: int = 0
    notes: tuple[str, ...] = ()

    def row(self, intent: int) -> Row:
        """As it is written down, for the intent of that sequence number."""
        return Row(time.time_ns(), "outcome", intent, orjson.dumps(self).decode())
