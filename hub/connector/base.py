"""The base class of every connector: what the hub gives it, and what it may override."""

import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, get_args, get_origin

from hub.connector.credentials import Credential
from hub.connector.sandboxes import Sandbox
from hub.connector.service import Service
from hub.connector.settings import ConnectorSettings
from hub.errors import ConfigError

if TYPE_CHECKING:
    from hub.http.client import ServiceClient

SettingsT = TypeVar("SettingsT", bound=ConnectorSettings)


@dataclass(frozen=True, kw_only=True)
class ConnectorContext:
    """What the hub hands to a connector.

    Attributes:
        namespace: Prefix of its tools and name of its table in hub.toml.
        open_service: Builds the guarded client of a service; the hub closes it.
    """

    namespace: str
    open_service: "Callable[[Service], ServiceClient]"


class Connector(Generic[SettingsT]):
    """One SaaS tool. Subclass it with the settings class: `class Jira(Connector[JiraSettings])`.

    Constructing one opens nothing: clients connect at the first call.
    """

    title: ClassVar[str] = ""
    """The product's name, as its vendor writes it; the class name if left out."""

    settings_type: ClassVar[type[ConnectorSettings]] = ConnectorSettings

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        for base in vars(cls).get("__orig_bases__", ()):
            arguments = get_args(base)
            origin = get_origin(base)
            if (
                isinstance(origin, type)
                and issubclass(origin, Connector)
                and arguments
                and isinstance(arguments[0], type)
            ):
                cls.settings_type = arguments[0]
        if "title" not in vars(cls):
            cls.title = cls.title or cls.__name__

    def __init__(self, settings: SettingsT, context: ConnectorContext) -> None:
        self.settings = settings
        self.context = context
        self.namespace = context.namespace
        self.log = logging.getLogger(f"hub.connectors.{context.namespace}")
        self._http: ServiceClient | None = None

    def credential(self) -> Credential | None:
        """The credential for `base_url`, which the hub obtains, keeps, renews and sends.

        None where no declared kind fits; `auth_headers` can carry it then. Asked once, by `service()`.
        """
        return None

    def auth_headers(self) -> Mapping[str, str]:
        """Further headers for `base_url`, such as a credential of no declared kind; read for every request."""
        return {}

    def service(self) -> Service:
        """The service behind `self.http`; override for certificates, caps or the vendor's error format.

        Raises:
            ConfigError: The settings have neither `url` nor `base_url`.
        """
        for key in ("url", "base_url"):
            if isinstance(url := getattr(self.settings, key, None), str):
                return Service(
                    base_url=url,
                    label=self.title,
                    setting=f"connectors.{self.namespace}.{key}",
                    credential=f"connectors.{self.namespace}",
                    auth=self.credential(),
                    auth_headers=self.auth_headers,
                )
        raise ConfigError(
            f"{type(self).__name__} has no `url` or `base_url` setting and does not override service()",
            setting=f"connectors.{self.namespace}",
        )

    @property
    def http(self) -> "ServiceClient":
        """The guarded client of `service()`, built at first use."""
        if self._http is None:
            self._http = self.context.open_service(self.service())
        return self._http

    async def verify_access(self) -> str:
        """Make one cheap authenticated call and say in one line what answered.

        Raises:
            ConnectorError: The service does not answer as it should.
        """
        return "no check of its own"

    def instructions(self) -> str:
        """One line for the model: what lies behind this connector. Makes no call."""
        return ""

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        """Runs while the connector is loaded, on the event loop.

        Makes no call to the service before `yield`. What blocks the loop for over two seconds is interrupted.
        """
        yield

    @classmethod
    def sandbox(cls) -> Sandbox | None:
        """The connector's part of the sandbox, if it has one."""
        return None


def settings_of(connector: type[Connector[Any]]) -> type[ConnectorSettings]:
    """The settings class of a connector class."""
    return connector.settings_type
