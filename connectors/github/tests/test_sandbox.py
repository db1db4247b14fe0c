"""The connector's part of the sandbox, served over loopback HTTP."""

import httpx
import pytest
from hub_connector_github.connector import GitHub
from hub_connector_github.sandbox import github_sandbox
from hub_connector_github.settings import GitHubSettings

from hub.connector.declare import ToolDeclaration, declarations
from hub.connector.schema import parameters_of
from hub.sandbox.host import SandboxHost
from hub.sandbox.story import Story

NOW = 1_799_958_000.0


async def test_it_answers_over_loopback_with_the_credential_of_its_settings() -> None:
    sandbox = github_sandbox()
    async with SandboxHost() as host, httpx.AsyncClient(trust_env=False) as client:
        settings = GitHubSettings.model_validate(sandbox.settings(await host.serve("github", sandbox.app)))
        assert settings.token is not None
        client.headers["Authorization"] = f"Bearer {settings.token.get_secret_value()}"
        (name,) = settings.repositories
        runs = (await client.get(f"{settings.base_url}/repos/{name}/actions/runs")).json()["workflow_runs"]
        assert len(runs) == 30
        assert runs[0]["url"].startswith(settings.base_url)


async def test_its_calls_show_the_pull_request_and_the_line_that_tells_why() -> None:
    calls = dict(github_sandbox(lambda: NOW).try_calls)
    assert list(calls) == ["list_runs", "explain_failure", "get_logs"]
    assert calls["explain_failure"] == {"target": f"#{Story.beginning(lambda: NOW).pull_request}"}


@pytest.mark.parametrize("number", range(3))
def test_its_calls_fit_the_tools(number: int) -> None:
    name, arguments = github_sandbox(lambda: NOW).try_calls[number]
    (attribute,) = [
        attribute
        for attribute, declaration in declarations(GitHub).items()
        if isinstance(declaration, ToolDeclaration) and declaration.name == name
    ]
    parameters = parameters_of(getattr(GitHub, attribute))
    assert set(arguments) <= set(parameters.schema["properties"])
    assert set(parameters.schema.get("required", ())) <= set(arguments)
    assert parameters.bind(arguments)


def test_the_connector_brings_it() -> None:
    assert GitHub.sandbox() is not None
