"""What every connector has to keep to, as tests an author inherits."""

from typing import Any

from hub.testing.contract.failures import Failures
from hub.testing.contract.importing import Importing
from hub.testing.contract.life import Life
from hub.testing.contract.listing import Listing
from hub.testing.contract.secrets import Secrets
from hub.testing.contract.settings import SettingsChecks


class ConnectorContract(Listing, SettingsChecks, Importing, Life, Failures, Secrets):
    """The tests every connector has to pass; subclass it in the connector's own tests and they run.

        class TestContract(ConnectorContract):
            connector = PagerDuty
            settings = {"api_token": Secret("planted-token")}

    They drive the real tools through a real hub against the connector's sandbox, or against `fake_service()`, and
    need nothing but pytest. What cannot be checked is skipped with the reason. None of the tests can be overridden.

    Attributes:
        connector: The class under test; its package has to be installed.
        settings: Its table in hub.toml besides what its sandbox sets, secrets as `Secret("…")`.
        calls: Arguments for its tools by name, where they matter: for tools that write, above all.
        schemas: Folder of snapshots of the tools, beside the test file.
        not_secret: Settings named like a credential that hold none.
    """

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        for name in dir(ConnectorContract):
            if name.startswith("test_") and getattr(cls, name) is not getattr(ConnectorContract, name):
                raise TypeError(f"{cls.__name__} overrides {name}; the contract's tests are not for overriding")
