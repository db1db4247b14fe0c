"""The SQLite file behind the audit log. All of it runs on the log's own thread.

Readers need no part of this; the table is `records`, one JSON object a row:

    sequence | time_ns | time | event | intent | body

`openings` notes each time a process began to write, and up to which record every call had ended by then, so that a
reader can tell a call in flight from one that a crash cut off.
"""

import fcntl
import os
import sqlite3
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from hub import __version__
from hub.audit.records import Row

SCHEMA = 1
MAX_BATCH = 64
BUSY_SECONDS = 5.0

_TABLES = """
CREATE TABLE records (
  sequence INTEGER PRIMARY KEY,
  time_ns INTEGER NOT NULL,
  time TEXT GENERATED ALWAYS AS (strftime('%Y-%m-%dT%H:%M:%fZ', time_ns / 1e9, 'unixepoch')) VIRTUAL,
  event TEXT NOT NULL,
  intent INTEGER,
  body TEXT NOT NULL
);
CREATE TABLE openings (
  settled INTEGER NOT NULL,
  time_ns INTEGER NOT NULL,
  process INTEGER NOT NULL,
  version TEXT NOT NULL
);
"""

_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "the file or its folder is read-only",
    sqlite3.SQLITE_PERM: "the file may not be opened",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened",
    sqlite3.SQLITE_BUSY: "another program keeps it locked",
    sqlite3.SQLITE_LOCKED: "another program keeps it locked",
    sqlite3.SQLITE_IOERR: "the disk refuses to read or write",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; move it away and a new one is begun",
    sqlite3.SQLITE_NOTADB: "the file is no audit log; move it away and a new one is begun",
}


class StoreError(Exception):
    """Nothing was written; the text says why."""


class Store:
    """Appends rows durably, and opens the file again by itself once what was wrong is mended.

    Args:
        path: The file; its folder is made at the first opening, and only then: a folder that vanishes later is
            more likely a lost mount, and a new one in its place would hide that.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file_name = str(path)
        self._wal_name = f"{path}-wal"
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[tuple[int, int], tuple[int, int]] | None = None
        self._lock: int | None = None
        self._opened_before = False

    def append(self, rows: Sequence[Row]) -> int:
        """Write rows in one transaction, synced to disk; at most `MAX_BATCH`.

        Without rows it only finds out whether the log can be written.

        Returns:
            The sequence number of the first; the others follow it without a gap.

        Raises:
            StoreError: None of them is written.
        """
        try:
            connection = self._open()
            if not rows:
                return 0
            values = ",".join(["(?,?,?,?)"] * len(rows))
            # One statement is one transaction and gives up the interpreter lock once, however many rows it has.
            cursor = connection.execute(
                f"INSERT INTO records (time_ns, event, intent, body) VALUES {values}",  # noqa: S608  placeholders only
                [value for row in rows for value in row],
            )
            last = cursor.lastrowid
            cursor.close()
            if last is None:
                raise StoreError("SQLite gave no row number")
        except (sqlite3.Error, OSError) as error:
            self._drop()
            raise StoreError(_reason(error)) from error
        return last - len(rows) + 1

    def close(self) -> None:
        """Give up the file; what is in the write-ahead log moves into it."""
        self._drop()
        self._release_lock()

    def _release_lock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None:
            if self._identity == self._current_identity():
                return self._connection
            self._rescue(self._connection)
            self._drop()
        alone = self._prepare_folder()
        connection = sqlite3.connect(
            self._path, isolation_level=None, timeout=BUSY_SECONDS, cached_statements=MAX_BATCH * 2
        )
        try:
            _configure(connection)
            _create_tables(connection)
            connection.execute(
                "INSERT INTO openings VALUES (CASE ? WHEN 1 THEN (SELECT ifnull(max(sequence), 0) FROM records)"
                " ELSE 0 END, ?, ?, ?)",
                (alone, time.time_ns(), os.getpid(), __version__),
            )
            self._identity = self._current_identity()
        except BaseException:
            connection.close()
            if not self._opened_before:
                self._release_lock()  # others must not wait for one who cannot write
            raise
        if alone and self._lock is not None:
            fcntl.flock(self._lock, fcntl.LOCK_SH)
        self._opened_before = True
        self._connection = connection
        return connection

    def _prepare_folder(self) -> bool:
        """Make what is missing, mark this process as a writer, and say whether it is the only one."""
        folder = self._path.parent
        if not self._opened_before:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        elif not folder.is_dir():
            raise StoreError(f"its folder {folder} has gone")
        try:
            os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            pass
        else:
            _sync_folder(folder)
        return self._take_lock()

    def _take_lock(self) -> bool:
        """Share the lock with all writers; taken exclusively while no other process writes."""
        path = self._path.with_name(self._path.stem + ".lock")
        if self._lock is not None:
            held = os.fstat(self._lock)
            if path.exists() and os.path.samestat(held, path.stat()):
                return False  # calls of this very process may be in flight
            self._release_lock()
        lock = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        self._lock = lock
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(lock, fcntl.LOCK_SH)
            return False
        if self._opened_before:
            fcntl.flock(lock, fcntl.LOCK_SH)
            return False
        return True

    def _current_identity(self) -> tuple[tuple[int, int], tuple[int, int]] | None:
        """Which files the paths lead to; None if one is missing."""
        try:
            file, wal = os.stat(self._file_name), os.stat(self._wal_name)  # noqa: PTH116  twice a write, so it counts
        except FileNotFoundError:
            return None
        return (file.st_dev, file.st_ino), (wal.st_dev, wal.st_ino)

    def _rescue(self, connection: sqlite3.Connection) -> None:
        """The log was moved away under us: complete the moved file from the write-ahead log, while it is open."""
        with suppress(sqlite3.Error):  # it was deleted, or its disk is gone
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()

    def _drop(self) -> None:
        connection, self._connection, self._identity = self._connection, None, None
        if connection is not None:
            with suppress(sqlite3.Error):  # it may be given up because it fails
                connection.close()


def _configure(connection: sqlite3.Connection) -> None:
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise StoreError("its disk does not support SQLite's write-ahead log; use a local disk")
    for setting in (
        "synchronous = FULL",  # a commit returns once it is on disk
        "fullfsync = ON",  # macOS: through the drive's own cache; elsewhere without effect
        "wal_autocheckpoint = 500",
        "journal_size_limit = 16777216",
    ):
        connection.execute(f"PRAGMA {setting}").close()


def _create_tables(connection: sqlite3.Connection) -> None:
    version = _version(connection)
    if version == 0:
        connection.execute("BEGIN IMMEDIATE")
        try:
            if (version := _version(connection)) == 0:
                for statement in filter(str.strip, _TABLES.split(";")):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {SCHEMA}")
                version = SCHEMA
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    if version != SCHEMA:
        raise StoreError(f"it was written by a newer version of the hub (format {version})")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _reason(error: sqlite3.Error | OSError) -> str:
    if isinstance(error, OSError):
        return (error.strerror or type(error).__name__).lower()
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return _REASONS.get(code, f"SQLite says {error}")
