"""The one module connector authors import: what is listed in `__all__` is the promise."""

from hub.access.principal import Principal
from hub.connector.annotations import Duration, Id, Moment
from hub.connector.asking import Question, ask, together
from hub.connector.base import Connector, ConnectorContext
from hub.connector.credentials import (
    AccessToken,
    ApiToken,
    BasicAuth,
    ClientCredentials,
    Credential,
    FetchedToken,
    JWTBearer,
    RefreshToken,
)
from hub.connector.declare import prompt, resource, tool
from hub.connector.forms import Choices, Form
from hub.connector.messages import report_message, resource_changed
from hub.connector.progress import report_progress
from hub.connector.sampling import Root, client_roots, sample
from hub.connector.sandboxes import Sandbox
from hub.connector.service import Service, TLSFiles
from hub.connector.settings import ConnectorSettings, Secret, Settings
from hub.connector.signing import sign_jwt
from hub.errors import (
    AuthenticationFailed,
    CannotAsk,
    ConnectorError,
    Declined,
    InvalidArguments,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    PolicyRefused,
    RateLimited,
    ResponseTooLarge,
    SecretUnavailable,
    ServiceUnavailable,
)
from hub.hookspecs import hookimpl
from hub.http.client import ServiceClient
from hub.http.reading import read_json
from hub.plugins.middleware import CallInfo, CallMiddleware, CallOutcome
from hub.plugins.resolver import SecretResolver
from hub.plugins.sink import AuditRecord, AuditSink
from hub.results.content import Audio, Embedded, Image, ResourceLink, Result, Text
from hub.results.page import Page
from hub.results.summary import Summary
from hub.results.table import Table

__all__ = [
    "AccessToken",
    "ApiToken",
    "Audio",
    "AuditRecord",
    "AuditSink",
    "AuthenticationFailed",
    "BasicAuth",
    "CallInfo",
    "CallMiddleware",
    "CallOutcome",
    "CannotAsk",
    "Choices",
    "ClientCredentials",
    "Connector",
    "ConnectorContext",
    "ConnectorError",
    "ConnectorSettings",
    "Credential",
    "Declined",
    "Duration",
    "Embedded",
    "FetchedToken",
    "Form",
    "Id",
    "Image",
    "InvalidArguments",
    "InvalidRequest",
    "JWTBearer",
    "Moment",
    "NotFound",
    "OutcomeUnknown",
    "Page",
    "PermissionDenied",
    "PolicyRefused",
    "Principal",
    "Question",
    "RateLimited",
    "RefreshToken",
    "ResourceLink",
    "ResponseTooLarge",
    "Result",
    "Root",
    "Sandbox",
    "Secret",
    "SecretResolver",
    "SecretUnavailable",
    "Service",
    "ServiceClient",
    "ServiceUnavailable",
    "Settings",
    "Summary",
    "TLSFiles",
    "Table",
    "Text",
    "ask",
    "client_roots",
    "hookimpl",
    "prompt",
    "read_json",
    "report_message",
    "report_progress",
    "resource",
    "resource_changed",
    "sample",
    "sign_jwt",
    "together",
    "tool",
]
