"""Times as Jira writes them."""

from datetime import UTC, datetime


def jira_time(milliseconds: int) -> str:
    """A moment as the platform API writes it, with an offset without a colon."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds % 1000:03d}+0000"


def agile_time(milliseconds: int) -> str:
    """A moment as the Software API writes it."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds % 1000:03d}Z"


def read_time(text: object) -> int | None:
    """Unix milliseconds of a moment in one of Jira's forms; None if it is no moment."""
    if not isinstance(text, str) or len(text) < 16:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else round(moment.timestamp() * 1000)


def read_date(text: object) -> str | None:
    """A date like 2027-01-14; None if it is none."""
    try:
        return text if isinstance(text, str) and len(text) == 10 and datetime.fromisoformat(text) else None
    except ValueError:
        return None
