"""The one module connector authors import: what is listed in `__all__` is the promise."""

from hub.connector.annotations import Duration, Id, Moment
from hub.connector.base import Connector, ConnectorContext
from hub.connector.declare import prompt, resource, tool
from hub.connector.progress import report_progress
from hub.connector.sandboxes import Sandbox
from hub.connector.service import Service, TLSFiles
from hub.connector.settings import ConnectorSettings, Secret, Settings
from hub.errors import (
    AuthenticationFailed,
    ConnectorError,
    InvalidArguments,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    ResponseTooLarge,
    ServiceUnavailable,
)
from hub.hookspecs import hookimpl
from hub.http.client import ServiceClient
from hub.http.reading import read_json
from hub.results.content import ResourceLink, Result, Text
from hub.results.table import Table

__all__ = [
    "AuthenticationFailed",
    "Connector",
    "ConnectorContext",
    "ConnectorError",
    "ConnectorSettings",
    "Duration",
    "Id",
    "InvalidArguments",
    "InvalidRequest",
    "Moment",
    "NotFound",
    "OutcomeUnknown",
    "PermissionDenied",
    "RateLimited",
    "ResourceLink",
    "ResponseTooLarge",
    "Result",
    "Sandbox",
    "Secret",
    "Service",
    "ServiceClient",
    "ServiceUnavailable",
    "Settings",
    "TLSFiles",
    "Table",
    "Text",
    "hookimpl",
    "prompt",
    "read_json",
    "report_progress",
    "resource",
    "tool",
]
