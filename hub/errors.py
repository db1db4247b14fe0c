"""Every error the hub raises on purpose, drawn as one tree.

HubError                        a person can act on it: what failed, which setting, what to do next
├── ConfigError                 hub.toml or a secret reference in it
│   └── SecretUnavailable       a secret reference leads nowhere
├── ConnectorLoadError          a connector package that cannot be used
├── StartError                  the hub cannot start: a busy port, a bind that is not allowed
└── CallError                   one call failed; the text goes to the caller
    ├── UnknownName             no such tool, resource or prompt, or not visible to this caller
    ├── InvalidArguments        the arguments do not fit the schema or an id grammar
    ├── ApprovalRequired        a person has to agree first
    ├── PolicyRefused           a call middleware does not let it through
    ├── MiddlewareFailed        a call middleware failed, so the call is refused
    ├── CannotAsk               the client has no way to ask its user
    ├── Declined                the person at the client said no
    ├── QuotaExceeded           the hub's own limits; says when to retry
    ├── DeadlineExceeded        the call's total time is over
    ├── Cancelled               the caller took it back
    ├── Draining                the hub is shutting down
    ├── AuditUnavailable        the audit log cannot be written, so nothing was done
    └── ConnectorError          the service or its connector
        ├── AuthenticationFailed    the service rejects the credential
        ├── PermissionDenied        the credential lacks a scope or right
        ├── NotFound                no such object in the service
        ├── InvalidRequest          the service rejects the request as wrong
        ├── RateLimited             the service's own limit; says when to retry
        ├── ServiceUnavailable      not reachable, or failing on its side
        ├── ResponseTooLarge        the answer exceeds a size cap
        └── OutcomeUnknown          a write was sent and no answer came: it may have happened
"""

from collections.abc import Collection, Sequence


class HubError(Exception):
    """Base of all errors with a text for people.

    Args:
        message: What failed, one sentence without a trailing period. Never holds a secret.
        hint: What to do next, naming the setting or credential concerned.
    """

    code: str = "hub_error"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}. {self.hint}" if self.hint else self.message


class ConfigError(HubError):
    """hub.toml is wrong, or a secret it refers to is missing.

    Args:
        setting: Dotted path of the setting, such as `connectors.jira.api_token`.
    """

    code = "config"

    def __init__(self, message: str, *, setting: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.setting = setting


class SecretUnavailable(ConfigError):
    """A secret reference leads nowhere, or to what cannot be read; the hub adds which setting it stands in."""


class ConnectorLoadError(HubError):
    """A connector package cannot be used; the reason becomes the connector's state."""

    code = "connector_load"


class StartError(HubError):
    """The hub refuses to start or cannot."""

    code = "start"


class CallError(HubError):
    """One call failed; its text is shown to the caller.

    Args:
        retry_after: Seconds until a repeat can succeed, where that is known.
    """

    code = "call"

    def __init__(self, message: str, *, hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class UnknownName(CallError):
    """No tool, resource or prompt of that name is visible to the caller.

    Args:
        kind: What was asked for.
        name: By which name.
        near: Names like it that the caller may see.
        why: What keeps it away, where that is known and the caller may know it.
    """

    code = "unknown_name"

    def __init__(self, kind: str, name: str, near: Sequence[str] = (), why: str = "") -> None:
        hint = why or (f"Did you mean {' or '.join(near)}?" if near else "")
        super().__init__(f"Unknown {kind} {name!r}", hint=hint)


class InvalidArguments(CallError):
    """The arguments do not fit."""

    code = "invalid_arguments"


class ApprovalRequired(CallError):
    """A person has to agree before this call may run."""

    code = "approval_required"


class PolicyRefused(CallError):
    """A call middleware does not let the call through, or withholds its result."""

    code = "policy_refused"


class MiddlewareFailed(CallError):
    """A call middleware failed, so the call is refused or its result withheld."""

    code = "middleware_failed"


class CannotAsk(CallError):
    """The call needs an answer of the person at the client, or of the client, which has no way to give one."""

    code = "cannot_ask"


class Declined(CallError):
    """The person at the client said no to what the call asked."""

    code = "declined"


class QuotaExceeded(CallError):
    """One of the hub's own limits is used up."""

    code = "quota_exceeded"


class DeadlineExceeded(CallError):
    """The call's total time is over."""

    code = "deadline_exceeded"


class Cancelled(CallError):
    """The caller took the call back."""

    code = "cancelled"


class Draining(CallError):
    """The hub is shutting down and takes no new calls."""

    code = "draining"


class AuditUnavailable(CallError):
    """The audit log cannot be written, so the call is refused."""

    code = "audit_unavailable"


class ConnectorError(CallError):
    """The service behind a connector, or the connector itself, failed."""

    code = "connector_error"


class AuthenticationFailed(ConnectorError):
    """The service rejects the credential."""

    code = "authentication_failed"


class PermissionDenied(ConnectorError):
    """The credential is good but lacks a scope or right.

    Args:
        granted: The scopes it has; None if the service has not said.
    """

    code = "permission_denied"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        retry_after: float | None = None,
        granted: Collection[str] | None = None,
    ) -> None:
        super().__init__(message, hint=hint, retry_after=retry_after)
        self.granted = granted


class NotFound(ConnectorError):
    """The service has no such object."""

    code = "not_found"


class InvalidRequest(ConnectorError):
    """The service rejects the request as wrong."""

    code = "invalid_request"


class RateLimited(ConnectorError):
    """The service's own limit is used up."""

    code = "rate_limited"


class ServiceUnavailable(ConnectorError):
    """The service cannot be reached, or fails on its side."""

    code = "service_unavailable"


class ResponseTooLarge(ConnectorError):
    """The service's answer exceeds a size cap."""

    code = "response_too_large"


class OutcomeUnknown(ConnectorError):
    """A write was sent and no answer came: it may or may not have happened."""

    code = "outcome_unknown"
