import gc
import json
import tracemalloc
from collections.abc import Awaitable, Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, cast

import pytest
import respx
from hub_connector_github.connector import GitHub
from hub_connector_github.settings import AppSettings, GitHubSettings
from hub_connector_github.simulation.history import red_run_id

from hub.catalog.build import build_items
from hub.catalog.items import PromptItem, ResourceItem, ToolItem
from hub.config.models import ConnectorTable
from hub.plugin import InvalidArguments, NotFound
from hub.sandbox.story import Story
from hub.testing import mock_services

Call = Callable[..., Awaitable[str]]
Build = Callable[..., GitHub]
REPOSITORY = "/repos/octo/shop"
MOST_EXTRA_MEMORY = 60 * 1024 * 1024
WRITES = ["run_workflow", "rerun", "cancel_run", "review_deployment"]


def items(connector: GitHub, **table: Any) -> list[Any]:
    built = build_items(connector, ConnectorTable(**table))
    assert built.refusals == ()
    return list(built.items)


def tools(connector: GitHub, **table: Any) -> list[ToolItem]:
    return [item for item in items(connector, **table) if isinstance(item, ToolItem)]


def test_the_package_offers_the_connector_under_its_name() -> None:
    (found,) = entry_points(group="hub.connectors", name="github")
    assert found.load().hub_connector() is GitHub


def test_writes_are_listed_only_where_hub_toml_allows_them(build: Build) -> None:
    reads = [item.declaration.name for item in tools(build(), read_only=True)]
    assert len(reads) == 9
    assert [item.declaration.name for item in tools(build(), read_only=False)] == [*reads, *WRITES]


def test_all_tools_together_cost_a_model_1500_tokens_at_most(build: Build) -> None:
    # o200k makes 1,488 tokens of these 6,627 characters: 4.45 characters each. Tests cannot fetch its vocabulary,
    # so the bound is on characters.
    shown = [
        {"name": item.name, "description": item.description, "inputSchema": item.parameters.schema}
        for item in tools(build(), read_only=False)
    ]
    assert len(json.dumps(shown, separators=(",", ":"))) <= 6_670


def test_every_tool_declares_the_permissions_it_needs(build: Build) -> None:
    for item in tools(build(), read_only=False):
        assert item.declaration.scopes, item.name
        assert item.declaration.writes == any("write" in scope for scope in item.declaration.scopes)


def test_the_readme_tells_of_every_tool_resource_prompt_and_setting(build: Build) -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    for item in items(build(), read_only=False):
        if isinstance(item, ResourceItem):
            assert f"`{item.uri}`" in readme
        elif isinstance(item, ToolItem | PromptItem):
            assert f"`{item.declaration.name}" in readme
    for key in (*GitHubSettings.model_fields, *AppSettings.model_fields):
        assert f"`{key}`" in readme or f"`app.{key}`" in readme, key


async def test_a_repeated_read_is_asked_for_conditionally(
    build: Build, router: respx.Router, run_json: Callable[..., Any]
) -> None:
    runs = router.get(path=f"{REPOSITORY}/actions/runs")
    jobs = router.get(path=f"{REPOSITORY}/actions/runs/9/jobs")
    for route, body in (
        (runs, {"total_count": 1, "workflow_runs": [run_json()]}),
        (jobs, {"total_count": 1, "jobs": [{"id": 1}]}),
    ):
        route.side_effect = [
            respx.MockResponse(200, json=body, headers={"etag": 'W/"1"'}),
            respx.MockResponse(304, headers={"etag": 'W/"1"'}),
            respx.MockResponse(200, json=body, headers={"etag": 'W/"2"'}),
        ]
    connector = build()
    repository = connector.repositories.get(None)
    with mock_services(router):
        for _ in range(3):
            assert (await repository.runs({})).rows[0]["id"] == 20_000_001
            assert (await repository.jobs(9)).rows == [{"id": 1}]
    for route in (runs, jobs):
        asked = [call.request.headers.get("if-none-match") for call in cast("Any", route.calls)]
        assert asked == [None, 'W/"1"', 'W/"1"']
    await connector.http.aclose()


async def test_searching_120000_lines_holds_none_of_them(simulated: Call, story: Story) -> None:
    run = str(red_run_id(story))
    await simulated("get_logs", run=run, job="integration", tail=1)  # makes the log, which the simulation keeps
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        await simulated("get_logs", run=run, job="integration", grep="out of memory")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before < MOST_EXTRA_MEMORY


@pytest.mark.parametrize("enterprise", ["", "3.17.2"])
async def test_access_is_verified_with_the_budget_and_a_repository(
    enterprise: str, build: Build, simulate: Callable[..., Any], story: Story
) -> None:
    from hub_connector_github.simulation.access import SANDBOX_TOKEN

    base = "http://sandbox/api/v3" if enterprise else "http://sandbox"
    connector = build(token=SANDBOX_TOKEN, repositories=[story.repository], base_url=base)
    with mock_services(simulate(enterprise=enterprise)):
        told = await connector.verify_access()
    assert told.startswith(f"GitHub at {base}, ")
    assert f"{story.repository} has 4 workflows" in told
    await connector.http.aclose()


async def test_a_server_without_rate_limits_is_verified_too(build: Build, router: respx.Router) -> None:
    router.get(path="/rate_limit").respond(404, json={"message": "Rate limiting is not enabled."})
    connector = build(repositories=[])
    with mock_services(router):
        assert await connector.verify_access() == "GitHub at https://api.github.com, no rate limit"
    await connector.http.aclose()


async def test_the_run_resource_and_the_log_of_its_job(simulated: Call, story: Story) -> None:
    run = str(red_run_id(story))
    where = {"kind": "resource", "owner": "shop-sandbox", "repo": "checkout", "id": run}
    told = await simulated("run", **where)
    job = next(line.split("\t")[0] for line in told.splitlines() if "\tintegration\t" in line)
    log = await simulated("job_log", **where, job=job, from_line=119_000, lines=3)
    assert "119002: " in log
    assert "more: cursor=119003" in log
    with pytest.raises(NotFound, match=f"belongs to run {run}"):
        await simulated("job_log", **{**where, "id": "9"}, job=job)


async def test_prompts_name_the_repository_and_the_tools(call: Call) -> None:
    told = await call("ci_failure", kind="prompt", target="#12")
    assert "why `#12` is red in octo/shop" in told
    assert "github_explain_failure" in told
    assert "last 14d" in await call("flaky_hunt", kind="prompt")
    assert "to `eu 'west'`" in await call("deploy_check", kind="prompt", environment="eu `west`")
    with pytest.raises(InvalidArguments, match="not among"):
        await call("ci_failure", kind="prompt", target="main", repo="other/x")


def declared(connector: GitHub, name: str) -> Any:
    return next(
        item for item in items(connector) if not isinstance(item, ToolItem) and item.declaration.name == name
    ).declaration.complete


async def test_variables_are_completed(build: Build, simulate: Callable[..., Any], story: Story) -> None:
    from hub_connector_github.simulation.access import SANDBOX_TOKEN

    connector = build(token=SANDBOX_TOKEN, repositories=[story.repository], base_url="http://sandbox")
    answers = simulate()
    context = {"owner": "shop-sandbox", "repo": "checkout"}
    red = str(red_run_id(story))
    with mock_services(answers):
        workflow, run = declared(connector, "workflow"), declared(connector, "run")
        job, artifact = declared(connector, "job_log"), declared(connector, "artifact")
        assert await workflow["owner"](connector, "sh") == ["shop-sandbox"]
        assert await workflow["repo"](connector, "", context) == ["checkout"]
        assert await workflow["repo"](connector, "", {"owner": "other"}) == []
        assert await workflow["file"](connector, "dep", context) == ["deploy.yml"]
        assert red in await run["id"](connector, red[:4], context)
        assert await job["job"](connector, "", {**context, "id": red})
        assert await job["job"](connector, "", context) == ()
        assert await artifact["id"](connector, "", context)
        prompt = declared(connector, "deploy_check")
        assert await prompt["repo"](connector, "shop") == [story.repository]
        asked = len(answers.exchanges)
        assert await prompt["environment"](connector, "prod") == ["production"]
        assert await prompt["environment"](connector, "sta", {}) == ["staging"]
        assert len(answers.exchanges) == asked + 1  # the second time from what is kept
    await connector.http.aclose()


async def test_what_is_kept_for_completion_is_bounded_and_ages(build: Build, router: respx.Router) -> None:
    from hub_connector_github.completing import Completions

    route = router.get(path__regex=r"/repos/octo/.*/actions/workflows").respond(
        json={"total_count": 0, "workflows": []}
    )
    connector = build(repositories=["octo/*"])
    now = [0.0]
    completions = Completions(connector.repositories, lambda: now[0])
    with mock_services(router):
        for number in (*range(70), 69):
            await completions.workflows("", {"owner": "octo", "repo": f"r{number}"})
        assert route.call_count == 70
        now[0] = 31.0
        await completions.workflows("", {"owner": "octo", "repo": "r69"})
        assert route.call_count == 71
    assert len(completions._kept) <= 64
    await connector.http.aclose()
