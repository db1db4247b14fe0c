"""Failures on demand: what a test arms, the next requests that match get."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from hub_connector_jira.simulation.refusals import Refused

HEADER = "x-sandbox-fault"
_MESSAGES = {
    400: "The request is not valid.",
    403: "You do not have permission to do this.",
    404: "Issue does not exist or you do not have permission to see it.",
    409: "The issue was updated by somebody else at the same time.",
    413: "The entered text is too long.",
    422: "A configuration problem prevents the update.",
    429: "Rate limit exceeded.",
    500: "Internal server error",
    503: "Service unavailable",
}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A failure to come.

    Attributes:
        status: Of the answer.
        path: A part of the path of the requests it is for; empty for all.
        method: Of the requests; empty for all.
        times: How many requests get it.
        after: How many matching requests pass first.
        reason: `RateLimit-Reason` of a 429.
        retry_after: Seconds; None leaves the header out.
        login_reason: `X-Seraph-LoginReason`, such as AUTHENTICATION_DENIED for a captcha.
        lose: Do what the request asks, then answer with the failure all the same: the outcome is lost.
    """

    status: int
    path: str = ""
    method: str = ""
    times: int = 1
    after: int = 0
    reason: str = "jira-burst-based"
    retry_after: int | None = 1
    login_reason: str = ""
    lose: bool = False

    def refusal(self, now: float) -> Refused:
        """The answer."""
        headers: dict[str, str] = {}
        if self.status == 429:
            reset = datetime.fromtimestamp(now + (self.retry_after or 60), UTC).strftime("%Y-%m-%dT%H:%MZ")
            headers = {
                "ratelimit-reason": self.reason,
                "x-ratelimit-limit": "100",
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": reset,
                "x-ratelimit-nearlimit": "true",
            }
        if self.retry_after is not None and self.status in (429, 503):
            headers["retry-after"] = str(self.retry_after)
        if self.login_reason:
            headers["x-seraph-loginreason"] = self.login_reason
        return Refused(self.status, _MESSAGES.get(self.status, "The sandbox was asked to fail."), headers=headers)


class Faults:
    """The failures armed for one site."""

    def __init__(self) -> None:
        self._armed: list[Fault] = []

    def arm(self, fault: Fault) -> None:
        """Let coming requests fail."""
        self._armed.append(fault)

    def arm_from(self, body: Any) -> None:
        """The same, from JSON with the attributes of a fault.

        Raises:
            Refused: It is no fault.
        """
        try:
            fault = Fault(**body)
        except TypeError:
            raise Refused(400, "A fault has status, path, method, times, after, reason, retry_after, login_reason "
                               "and lose.") from None  # fmt: skip
        self.arm(fault)

    def meeting(self, method: str, path: str, headers: Mapping[str, str]) -> Fault | None:
        """The failure this request meets, if any; it is used up by that."""
        if (wanted := headers.get(HEADER, "")).isdigit():
            return Fault(status=int(wanted))
        for place, fault in enumerate(self._armed):
            if fault.path not in path or fault.method not in ("", method):
                continue
            if fault.after:
                self._armed[place] = replace(fault, after=fault.after - 1)
                return None
            if fault.times > 1:
                self._armed[place] = replace(fault, times=fault.times - 1)
            else:
                del self._armed[place]
            return fault
        return None
