"""Reads the audit log: each call with what came of it."""

import fcntl
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from hub.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One call.

    Attributes:
        sequence: Of its first record.
        last: Of its newest record; where `follow` goes on.
        time: When it was recorded first, in UTC.
        call: Its id; names it in errors and logs.
        kind: `tool`, `resource`, `prompt` or `completion`.
        name: What was asked for.
        uri: Of the resource read.
        namespace: Of the connector; empty where the name led nowhere.
        client: Who asked.
        roles: Their roles.
        how: How they proved who they are.
        transport: How the call came.
        rule: The rule of the policy that decided.
        policy: Version of the policy.
        arguments: Redacted JSON; where it was too long, its beginning.
        arguments_sha256: Of the whole redacted JSON, where it was cut.
        outcome: `ok`, the code of an error, `running`, or `interrupted` where the hub ended before the call did.
        duration_ms: From the intent to the outcome.
        upstream: Whether anything may have reached the service; None where the outcome is not known.
        requests: Requests that were handed to the network.
        retry_after: Seconds, where the error knew.
        result_size: Characters of text and bytes of images in the result.
        notes: What call middlewares said of it.
        calls: How many calls it stands for; beyond 1 for repeated refusals over a quota.
    """

    sequence: int
    last: int
    time: datetime
    call: str
    kind: str = ""
    name: str
    uri: str | None = None
    namespace: str = ""
    client: str
    roles: tuple[str, ...] = ()
    how: str = ""
    transport: str = ""
    rule: str = ""
    policy: str = ""
    arguments: str = "{}"
    arguments_sha256: str | None = None
    outcome: str
    duration_ms: float | None = None
    upstream: bool | None = None
    requests: int | None = None
    retry_after: float | None = None
    result_size: int | None = None
    notes: tuple[str, ...] = ()
    calls: int = 1


def tail(path: Path, n: int) -> list[AuditEntry]:
    """The newest `n` calls, oldest first.

    Args:
        path: The file, see `hub.audit.records.log_file`.
        n: How many at most.

    Raises:
        ConfigError: There is no log, or it cannot be read.
    """
    entries: list[AuditEntry] = []
    with _open(path) as connection:
        ended: dict[int, dict[str, Any]] = {}
        unfinished = _Unfinished(path, connection)
        rows = connection.execute(
            "SELECT sequence, time_ns, event, intent, body FROM records ORDER BY sequence DESC"
        )
        for sequence, time_ns, event, intent, text in rows:
            if len(entries) >= n:
                break
            body = orjson.loads(text)
            if event == "outcome":
                ended[intent] = {**body, "last": sequence}
            else:
                entries.append(_entry(sequence, time_ns, event, body, ended.pop(sequence, None), unfinished))
    return entries[::-1]


def follow(path: Path, after: int) -> list[AuditEntry]:
    """The calls that ended after record `after`, in the order of their ends; ask again with the newest `last`.

    Args:
        path: The file, see `hub.audit.records.log_file`.
        after: `last` of the newest entry seen, or 0 for all.

    Raises:
        ConfigError: There is no log, or it cannot be read.
    """
    with _open(path) as connection:
        unfinished = _Unfinished(path, connection)
        rows = connection.execute(
            "SELECT record.sequence, record.time_ns, record.event, record.body,"
            "       began.sequence, began.time_ns, began.body"
            " FROM records AS record LEFT JOIN records AS began"
            "   ON began.sequence = record.intent AND began.event = 'intent'"
            " WHERE record.sequence > ? AND record.event <> 'intent' ORDER BY record.sequence",
            (after,),
        )
        entries: list[AuditEntry] = []
        for sequence, time_ns, event, text, began, began_ns, began_text in rows:
            body = orjson.loads(text)
            if event == "refusal":
                entries.append(_entry(sequence, time_ns, event, body, None, unfinished))
                continue
            outcome = {**body, "last": sequence}
            if began is None:  # its intent is in a log that was moved away
                entries.append(_entry(sequence, time_ns, "intent", body, outcome, unfinished))
            else:
                entries.append(_entry(began, began_ns, "intent", orjson.loads(began_text), outcome, unfinished))
        return entries


class _Unfinished:
    """Tells a call in flight from one that a crash cut off."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._lock = path.with_name(path.stem + ".lock")
        self._settled: int = connection.execute("SELECT ifnull(max(settled), 0) FROM openings").fetchone()[0]
        self._written: bool | None = None

    def outcome(self, sequence: int) -> str:
        if sequence <= self._settled:
            return "interrupted"
        if self._written is None:
            self._written = _is_held(self._lock)
        return "running" if self._written else "interrupted"


def _is_held(lock: Path) -> bool:
    """Whether any process is writing the log."""
    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _entry(
    sequence: int,
    time_ns: int,
    event: str,
    body: dict[str, Any],
    ended: dict[str, Any] | None,
    unfinished: _Unfinished,
) -> AuditEntry:
    arguments = body.pop("arguments", {})
    told: dict[str, Any] = {
        **body,
        "roles": tuple(body.get("roles", ())),
        "arguments": arguments if isinstance(arguments, str) else orjson.dumps(arguments).decode(),
        "last": sequence,
    }
    if event == "refusal":
        told |= {"upstream": False, "requests": 0}
    elif ended is not None and ended["call"] == body["call"]:
        told |= {**ended, "notes": tuple(ended.get("notes", ()))}
    else:
        told["outcome"] = unfinished.outcome(sequence)
    known = {name: told[name] for name in AuditEntry.__dataclass_fields__ if name in told}
    return AuditEntry(**known, sequence=sequence, time=datetime.fromtimestamp(time_ns / 1e9, UTC))


@contextmanager
def _open(path: Path) -> Generator[sqlite3.Connection]:
    if not path.exists():
        raise ConfigError(
            f"There is no audit log at {path} yet",
            setting="hub.state",
            hint="The first call through the hub begins it",
        )
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise ConfigError(
            f"The audit log {path} cannot be read: {error}",
            setting="hub.state",
            hint="Read it as the user that runs the hub, and with a hub no older than the one that wrote it",
        ) from None
