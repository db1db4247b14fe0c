"""All log records of a block, as they are made: before anything masks a secret in them."""

import logging
from collections.abc import Generator
from contextlib import contextmanager


class Keeper(logging.Handler):
    """Keeps records.

    Attributes:
        records: In the order they came.
    """

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self.records.append(record)

    @property
    def text(self) -> str:
        """All records as text, with their tracebacks and what they carry besides."""
        formatter = logging.Formatter("%(name)s %(message)s")
        return "\n".join(f"{formatter.format(record)} {vars(record)!r}" for record in self.records)


@contextmanager
def kept_logs(level: int = logging.INFO) -> Generator[Keeper]:
    """Keep what the hub and its connectors log.

    Args:
        level: From which on.
    """
    keeper = Keeper()
    logger = logging.getLogger("hub")
    before = logger.level
    logger.addHandler(keeper)
    logger.setLevel(level)
    try:
        yield keeper
    finally:
        logger.setLevel(before)
        logger.removeHandler(keeper)
