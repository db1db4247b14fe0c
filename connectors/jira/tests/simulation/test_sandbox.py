"""The connector's part of the sandbox, served over loopback HTTP."""

from typing import Any

import httpx
import pytest
from hub_connector_jira.connector import Jira
from hub_connector_jira.sandbox import jira_sandbox
from hub_connector_jira.settings import JiraSettings

from hub.connector.declare import ToolDeclaration, declarations
from hub.connector.schema import parameters_of
from hub.plugin import Secret
from hub.sandbox.host import SandboxHost

NOW = 1_799_958_000.0


@pytest.mark.parametrize("data_center", [False, True])
async def test_it_answers_over_loopback_to_the_credential_its_settings_hold(data_center: bool) -> None:
    sandbox = jira_sandbox(data_center=data_center)
    async with SandboxHost() as host, httpx.AsyncClient(trust_env=False) as client:
        settings = JiraSettings.model_validate(sandbox.settings(await host.serve("jira", sandbox.app)))
        assert settings.is_cloud != data_center
        options: dict[str, Any] = {}
        if settings.personal_access_token:
            options["headers"] = {"authorization": f"Bearer {settings.personal_access_token.get_secret_value()}"}
        else:
            assert settings.email
            assert isinstance(settings.api_token, Secret)
            options["auth"] = (settings.email, settings.api_token.get_secret_value())
        answer = await client.get(f"{settings.url}/rest/api/2/issue/SHOP-1842", **options)
        assert answer.json()["fields"]["status"]["name"] == "Investigating"
        assert (await client.get(f"{settings.url}/rest/api/2/issue/SHOP-1842")).status_code == 401


def test_its_calls_fit_the_tools() -> None:
    calls = jira_sandbox(lambda: NOW).try_calls
    assert len(calls) >= 2
    for name, arguments in calls:
        (attribute,) = [
            attribute
            for attribute, declaration in declarations(Jira).items()
            if isinstance(declaration, ToolDeclaration) and declaration.name == name
        ]
        parameters = parameters_of(getattr(Jira, attribute))
        assert set(arguments) <= set(parameters.schema["properties"])
        assert set(parameters.schema.get("required", ())) <= set(arguments)
        assert parameters.bind(arguments)


def test_the_connector_brings_it() -> None:
    assert Jira.sandbox() is not None
