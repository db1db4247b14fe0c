"""Time ranges and steps: resolved, bounded, and written so that a reader needs no arithmetic."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from hub.plugin import Duration, InvalidArguments, Moment
from hub_connector_prometheus.server import seconds

MOST_POINTS = 11_000
"""Per series and query (https://prometheus.io/docs/prometheus/latest/querying/api/, "range queries")."""
_STEPS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
_UNITS = (("w", 604800), ("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A range of time with the distance of its points, all in seconds.

    Attributes:
        raised: Whether the step asked for was too small for the server's bound.
    """

    start: float
    end: float
    step: float
    raised: bool = False

    @property
    def length(self) -> float:
        """Its seconds."""
        return self.end - self.start

    def __str__(self) -> str:
        step = f"step {lasting(self.step)}"
        if self.raised:
            step += f" (raised: {MOST_POINTS:,} points a series is the most)"
        return f"{iso(self.start)} to {iso(self.end)}, {step}"


def window(start: Moment, end: Moment, step: Duration | None, points: int) -> Window:
    """The range from start to end.

    Args:
        start: Its beginning.
        end: Its end.
        step: As asked for; chosen so that there are about `points` if None.
        points: Steps there should be at most when the step is chosen.

    Raises:
        InvalidArguments: It is empty.
    """
    begins, ends = settled(start), settled(end)
    if begins >= ends:
        raise InvalidArguments(
            f"start ({start.iso}) is not before end ({end.iso})", hint="now-1h to now is the last hour"
        )
    length = ends - begins
    if step is None:
        return Window(start=begins, end=ends, step=fitting_step(length, points))
    if step.seconds <= 0:
        raise InvalidArguments("step must be longer than 0s")
    if length / step.seconds < MOST_POINTS:
        return Window(start=begins, end=ends, step=step.seconds)
    return Window(start=begins, end=ends, step=fitting_step(length, MOST_POINTS - 1), raised=True)


def settled(moment: Moment) -> float:
    """Its unix seconds; one computed from the clock is cut to the second, one written out stays as it is."""
    return moment.seconds if round(moment.seconds, 3) == moment.seconds else float(int(moment.seconds))


def fitting_step(length: float, points: int) -> float:
    """The smallest round step that gives at most `points` steps."""
    exact = length / points
    for step in _STEPS:
        if step >= exact:
            return float(step)
    return float(-(-exact // 86400) * 86400)


def ago(length: float) -> Moment:
    """So many seconds before the present."""
    return Moment(time.time() - length)


def iso(moment: float) -> str:
    """UTC to the second, or to the millisecond where that says more."""
    return Moment(moment).iso if moment == int(moment) else _with_milliseconds(moment)


def _with_milliseconds(moment: float) -> str:
    text = datetime.fromtimestamp(round(moment, 3), UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z").replace(".000", "")


def clock(moment: float, among: Window) -> str:
    """A time within a window: without its date where the window lies on one day."""
    at = datetime.fromtimestamp(moment, UTC)
    one_day = datetime.fromtimestamp(among.start, UTC).date() == datetime.fromtimestamp(among.end, UTC).date()
    exact = "%H:%M" if among.step % 60 == 0 and moment % 60 == 0 else "%H:%M:%S"
    return at.strftime(exact if one_day else f"%m-%d {exact}")


def lasting(length: float) -> str:
    """A length as PromQL writes it: `90s` is `1m30s`."""
    if length == 0:
        return "0s"
    if length < 1 or length != int(length):
        return f"{seconds(length)}s" if length >= 1 else f"{round(length * 1000)}ms"
    text, rest = "", int(length)
    for unit, size in _UNITS:
        if rest >= size:
            text += f"{rest // size}{unit}"
            rest %= size
    return text


def age(moment: str, now: float | None = None) -> str:
    """How long ago an RFC 3339 time was: `12s`, `5m`, `3h`, `2d`; `never` for the API's zero time."""
    try:
        at = datetime.fromisoformat(_cut_fraction(moment)).timestamp()
    except ValueError:
        return "?"
    if at <= 0:
        return "never"
    return roughly((time.time() if now is None else now) - at)


def moment_of(text: str) -> str:
    """An RFC 3339 time in UTC to the second; `?` if it is none."""
    try:
        return iso(int(datetime.fromisoformat(_cut_fraction(text)).timestamp()))
    except ValueError:
        return "?"


def roughly(length: float) -> str:
    """A length in its largest unit that is at least one."""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if length >= 2 * size:
            return f"{int(length // size)}{unit}"
    return f"{max(round(length), 0)}s"


def _cut_fraction(moment: str) -> str:
    """Go writes nanoseconds; Python reads microseconds at most."""
    whole, point, rest = moment.partition(".")
    if not point:
        return moment
    digits = len(rest) - len(rest.lstrip("0123456789"))
    return f"{whole}.{rest[: min(digits, 6)]}{rest[digits:]}"
