"""Amounts that grow over time in a lifelike and repeatable way, as closed formulas of time."""

import hashlib
import math
from bisect import bisect_right
from collections.abc import Callable, Sequence

Curve = Callable[[float], float]
"""A value at a time, in seconds since the deploy."""

_DAY = 86_400.0
_PEAK = 1.5 * 3600
_DAY_SWING = 0.3
_WAVES = ((3100.0, 0.06), (640.0, 0.05), (150.0, 0.05))
_SHARE_SWING = 0.25
_CACHED_MOMENTS = 8192


def noise(*key: object) -> float:
    """A number from 0 to 1 that depends on the key alone."""
    digest = hashlib.blake2b("/".join(map(str, key)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


class Flow:
    """What one instance has handled: the integral of a rate with a daily rhythm and smaller waves.

    The rate never falls below half its mean, so shares of it stay monotonic.

    Args:
        name: Sets the phases of the waves.
        mean: Mean rate per second.
    """

    def __init__(self, name: str, mean: float) -> None:
        self.mean = mean
        waves = [(_DAY, _DAY_SWING, math.pi / 2 - 2 * math.pi * _PEAK / _DAY)]
        waves += [(period, swing, 2 * math.pi * noise(name, period)) for period, swing in _WAVES]
        self._waves = [
            (2 * math.pi / period, swing * period / (2 * math.pi), phase) for period, swing, phase in waves
        ]
        self._known: dict[float, float] = {}

    def at(self, seconds: float) -> float:
        """Handled since the deploy; negative before it."""
        known = self._known.get(seconds)
        if known is None:
            cosine = math.cos
            turns = sum(
                length * (cosine(speed * seconds + phase) - cosine(phase)) for speed, length, phase in self._waves
            )
            known = self.mean * (seconds - turns)
            if len(self._known) >= _CACHED_MOMENTS:
                self._known = {}
            self._known[seconds] = known
        return known


class Lifetimes:
    """When a process started, again and again; counters begin at zero each time."""

    def __init__(self, starts: Sequence[float]) -> None:
        self.starts = tuple(sorted(starts))

    def start_before(self, seconds: float) -> float:
        """The last start that is not later."""
        return self.starts[max(0, bisect_right(self.starts, seconds) - 1)]

    def between(self, begin: float, end: float) -> "Lifetimes":
        """The starts from `begin` on and before `end`."""
        return Lifetimes([start for start in self.starts if begin <= start < end])


def counter(flow: Flow, lives: Lifetimes, share: float, *, name: str, whole: bool = True) -> Curve:
    """A counter of some share of a flow, which wavers on its own.

    Args:
        flow: What the instance handles.
        lives: When it begins at zero.
        share: How much of the flow it counts.
        name: Sets how it wavers.
        whole: Whether it counts things, or adds up amounts such as seconds.
    """
    speed = 2 * math.pi / (200 + 500 * noise(name, "period"))
    phase = 2 * math.pi * noise(name, "phase")
    swing = _SHARE_SWING * share * flow.mean / speed
    sine, at, start_before = math.sin, flow.at, lives.start_before

    def curve(seconds: float) -> float:
        start = start_before(seconds)
        amount = share * (at(seconds) - at(start)) + swing * (
            sine(speed * seconds + phase) - sine(speed * start + phase)
        )
        return float(int(amount)) if whole else round(amount, 3)

    return curve


def sum_of(*curves: Curve) -> Curve:
    """All curves together."""
    return lambda seconds: sum(curve(seconds) for curve in curves)


def from_moment(flow: Flow, share: float, begin: float) -> Curve:
    """A share of a flow, counted from a moment on."""
    return lambda seconds: float(int(share * (flow.at(seconds) - flow.at(begin)))) if seconds > begin else 0.0


def gauge(middle: float, swing: float, *, name: str, period: float = 900.0) -> Curve:
    """A value that drifts around a middle."""
    fast, slow = 2 * math.pi / period, 2 * math.pi / (period * 5.3)
    one, two = 2 * math.pi * noise(name, 1), 2 * math.pi * noise(name, 2)
    return lambda seconds: (
        middle + swing * (0.6 * math.sin(fast * seconds + one) + 0.4 * math.sin(slow * seconds + two))
    )


def lognormal_share(median: float, spread: float, bound: float) -> float:
    """Share of durations up to a bound."""
    if math.isinf(bound):
        return 1.0
    return 0.5 * (1 + math.erf(math.log(bound / median) / (spread * math.sqrt(2))))
