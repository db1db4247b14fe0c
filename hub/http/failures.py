"""What goes wrong with a service, as the hub's errors: who failed, what the vendor said, where to look."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from hub.connector.service import Service
from hub.errors import (
    AuthenticationFailed,
    ConnectorError,
    DeadlineExceeded,
    HubError,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    ResponseTooLarge,
    ServiceUnavailable,
)
from hub.http.authorization import Authorization
from hub.http.outcome import NotSent, SendFailure
from hub.http.redaction import Redactor, presentable, secrets_in_header, secrets_in_headers, secrets_in_url

if TYPE_CHECKING:
    import httpx

_VENDOR_TEXT = 300
_LOOK_FIRST = "Look whether it did before you repeat it"


class Failures:
    """Makes the errors of one service.

    Args:
        service: Which one.
        authorization: Keeps its credential.
    """

    def __init__(self, service: Service, authorization: Authorization) -> None:
        self._service = service
        self._authorization = authorization
        self.label = service.label or "The service"

    def of_status(self, response: "httpx.Response", *, safe: bool, pause: float | None) -> ConnectorError:
        """The error for an answer that is none.

        Args:
            response: Status 300 or above, its body read.
            safe: Whether the request was one that may be sent twice.
            pause: Seconds the service asks to be left alone, if it is a rate limit.
        """
        status = response.status_code
        said = self._said(response)
        credential = self._service.credential
        if pause is not None:
            again = f"Try again in {max(round(pause), 1)} s"
            message = f"{self.label} limits the rate of requests ({status}){said}"
            return RateLimited(message, hint=again, retry_after=pause)
        if status < 400:
            return self._redirected(response)
        if status == 401:
            if not self._has_credential():
                return AuthenticationFailed(
                    f"{self.label} wants a credential ({status}){said}", hint=self._set_one()
                )
            hint = f"Check {credential}: it is wrong, expired or revoked" if credential else "Check the credential"
            return AuthenticationFailed(f"{self.label} rejected the credential ({status}){said}", hint=hint)
        if status == 403:
            if not self._has_credential():
                return PermissionDenied(f"{self.label} does not permit this ({status}){said}", hint=self._set_one())
            which = f"the credential in {credential}" if credential else "the credential"
            hint = f"{self.label} knows {which}, but it lacks a scope or right for this"
            return PermissionDenied(
                f"{self.label} does not permit this ({status}){said}",
                hint=hint,
                granted=self._authorization.granted,
            )
        if status in (404, 410):
            return NotFound(f"{self.label} has nothing there ({status}){said}")
        if status in (502, 504) and not safe:
            return OutcomeUnknown(
                f"A gateway in front of {self.label} gave up ({status}), so it may or may not have happened{said}",
                hint=_LOOK_FIRST,
            )
        if status >= 500 or status == 408:
            return ServiceUnavailable(f"{self.label} failed on its side ({status}){said}", hint="Try again later")
        return InvalidRequest(f"{self.label} rejected the request ({status}){said}")

    def of_send(self, failure: SendFailure, *, safe: bool) -> ConnectorError:
        """The error for an attempt that brought no whole answer."""
        if isinstance(failure, NotSent):
            return ServiceUnavailable(
                f"{self.label} cannot be reached: {failure.reason}", hint=self._check_address()
            )
        if safe:
            return ServiceUnavailable(f"{self.label} gave no answer: {failure.reason}", hint=self._check_address())
        return OutcomeUnknown(
            f"The request was sent to {self.label}, but {failure.reason}, so it may or may not have happened",
            hint=_LOOK_FIRST,
        )

    def late(self, seconds: float, *, sent_write: bool) -> HubError:
        """The error for a request that was not done in time."""
        if sent_write:
            return OutcomeUnknown(
                f"The request was sent to {self.label} and no answer came within {seconds:.3g} s, "
                "so it may or may not have happened",
                hint=_LOOK_FIRST,
            )
        return DeadlineExceeded(
            f"{self.label} did not answer within {seconds:.3g} s", hint="Ask for less, or try later"
        )

    def too_large(self, cap: int, status: int, *, safe: bool) -> ConnectorError:
        """The error for an answer beyond its cap."""
        done = "" if safe else f"; the request itself was answered with status {status}"
        return ResponseTooLarge(
            f"{self.label} sent more than {_size(cap)}{done}",
            hint="Ask for less: a narrower query, a shorter time range or a smaller page",
        )

    def unknown_encoding(self) -> ConnectorError:
        """The error for a body that cannot be read."""
        return ServiceUnavailable(
            f"{self.label} sent its answer in a compression that was not asked for", hint=self._check_address()
        )

    def _redirected(self, response: "httpx.Response") -> ConnectorError:
        try:
            target = response.headers.get("location") and response.request.url.join(response.headers["location"])
        except Exception:  # noqa: BLE001  whatever httpx finds wrong with a foreign URL
            target = None
        where = f" to {presentable(target.host, 100)}" if target else ""
        return ServiceUnavailable(
            f"{self.label} answered with a redirect{where} ({response.status_code}), which is not followed",
            hint=self._check_address(),
        )

    def _check_address(self) -> str:
        setting = self._service.setting
        return f"Is {setting} the right address, and is the service up?" if setting else "Is the service up?"

    def _has_credential(self) -> bool:
        """Whether requests carry one; a credential that cannot be read just now is one all the same."""
        tls = self._service.tls
        if self._service.auth is not None:
            return True
        if (tls is not None and tls.certificate is not None) or any(secrets_in_headers(self._service.headers)):
            return True
        try:
            return bool(self._service.auth_headers())
        except Exception:  # noqa: BLE001  an author's own code; the status is what has to be told
            return True

    def _set_one(self) -> str:
        return f"No credential is set; set {self._service.credential or 'one'}"

    def _said(self, response: "httpx.Response") -> str:
        text: str | None = None
        try:
            text = (self._service.error_text or _common_error_text)(response)
        except Exception:  # noqa: BLE001  an error answer can be anything; its status says enough
            text = None
        if not text:
            return ""
        text = presentable(self.redactor(response.request)(text), _VENDOR_TEXT).rstrip(".")
        return f": {text}" if text else ""

    def redactor(self, request: "httpx.Request") -> Redactor:
        """Knows the secrets of a request: in its headers, its URL and the proxy's URL."""
        return Redactor(self._secrets(request))

    def _secrets(self, request: "httpx.Request") -> Iterable[str]:
        try:
            for value in self._service.auth_headers().values():
                yield from secrets_in_header(value)
        except Exception:  # noqa: BLE001, S110  the one that was sent is in the request's headers, too
            pass
        for value in self._authorization.in_use().values():
            yield from secrets_in_header(value)
        yield from secrets_in_headers(request.headers)
        yield from secrets_in_headers(self._service.headers)
        yield from secrets_in_url(str(request.url))
        yield from secrets_in_url(self._service.proxy or "")


def _common_error_text(response: "httpx.Response") -> str | None:
    """The message where most JSON services have it, or a short plain text."""
    kind = response.headers.get("content-type", "")
    if "json" in kind:
        body = response.json()
        for key in ("message", "error_description", "detail", "error", "title"):
            found = cast("dict[str, Any]", body).get(key) if isinstance(body, dict) else None
            if isinstance(found, dict):
                found = cast("dict[str, Any]", found).get("message")
            if isinstance(found, str) and found:
                return found
        return None
    return response.text if kind.startswith("text/plain") else None


def _size(count: int) -> str:
    return f"{count / 1024 / 1024:.3g} MiB" if count >= 1024 * 1024 else f"{count / 1024:.3g} KiB"
