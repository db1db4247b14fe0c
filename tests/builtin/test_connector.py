"""The hub's own connector."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from hub.access.principal import Principal
from hub.builtin.connector import builtin_items
from hub.calls.current import current_call
from hub.calls.shape import shape
from hub.calls.types import Call, Outcome
from hub.calls.validate import validate
from hub.catalog.items import AnyItem, ResourceItem
from hub.config.models import HubSettings, ResultsTable
from hub.discovery.state import ConnectorState
from hub.errors import InvalidArguments, NotFound
from hub.plugins.state import PluginState
from hub.results.content import Text
from hub.results.spill import SpillStore
from hub.results.text import estimate_tokens

ADA = Principal(client="ada", how="key")
BOB = Principal(client="bob", how="key")
STATES = (
    ConnectorState(namespace="jira", connector="jira", state="loaded", title="Jira", sandbox=True),
    ConnectorState(
        namespace="slack",
        connector="slack",
        state="missing_config",
        reason="connectors.slack.token: the variable SLACK_TOKEN is not set",
        hint="Set it.",
        title="Slack",
        refusals=("slack_x: no docstring",),
    ),
)
PLUGINS = (
    PluginState(
        name="acme", state="loaded", provides=("audit sink",), health="send() raised OSError; 3 records wait"
    ),
)

Ask = Callable[..., Awaitable[str]]


class View:
    """A hub that shows Ada two connectors and Bob none."""

    def __init__(self, max_tokens: int = 2000) -> None:
        self.settings = HubSettings(results=ResultsTable(max_tokens=max_tokens))

    def states(self, principal: Principal) -> Sequence[ConnectorState]:
        return STATES if principal == ADA else ()

    def plugin_states(self, principal: Principal) -> Sequence[PluginState]:
        return PLUGINS if principal == ADA else ()


@pytest.fixture
def store() -> SpillStore:
    return SpillStore()


@pytest.fixture
def ask(store: SpillStore) -> Ask:
    """Call an item as the pipeline does: checked arguments in, shaped text out."""

    async def ask(name: str, principal: Principal = ADA, max_tokens: int = 2000, **arguments: Any) -> str:
        view = View(max_tokens)
        item: AnyItem = next(item for item in builtin_items(view, store) if item.name == name)
        call = Call(id="c1", kind="tool", name=name, principal=principal, transport="memory")
        token = current_call.set(call)
        try:
            value = await item.function(**validate(item, arguments))
        finally:
            current_call.reset(token)
        outcome: Outcome = shape(value, item=item, call=call, settings=view.settings.results, spill=store)
        (content,) = outcome.content
        assert isinstance(content, Text)
        return content.text

    return ask


def put(store: SpillStore, text: str, principal: Principal = ADA) -> str:
    return store.put(principal, text, "text/plain", "jira_search").id


@pytest.mark.parametrize("name", ["hub_status", "hub_connectors"])
async def test_the_status_names_each_connector_and_what_to_do_about_it(ask: Ask, name: str) -> None:
    assert await ask(name) == (
        "connector\tproduct\tstate\tdetails\n"
        "jira\tJira\tloaded\tSANDBOX: invented data\n"
        "slack\tSlack\tmissing_config\tconnectors.slack.token: the variable SLACK_TOKEN is not set. Set it. "
        "not offered: slack_x: no docstring\n"
        "plugin acme\t\tloaded\taudit sink. send() raised OSError; 3 records wait"
    )


async def test_the_status_shows_only_what_the_caller_may_see(ask: Ask) -> None:
    assert await ask("hub_status", BOB) == "no system is connected"


async def test_a_cut_result_is_read_on_by_range(ask: Ask, store: SpillStore) -> None:
    result_id = put(store, "\n".join(f"line {i}" for i in range(1, 11)))
    assert await ask("hub_read_result", id=result_id, from_line="3", lines=2) == (
        "jira_search: lines 3-4 of 10; next: from_line=5\nline 3\nline 4"
    )


@pytest.mark.parametrize("name", ["hub_read_result", "hub_results"])
async def test_a_cut_result_is_read_by_grep(ask: Ask, store: SpillStore, name: str) -> None:
    result_id = put(store, "one\ntwo\nthree\nfour")
    assert await ask(name, id=result_id, grep="TWO|fo*r", context=0) == (
        'jira_search: 2 of 4 lines match "TWO|fo*r"\n2: two\n4: four'
    )


@pytest.mark.parametrize("name", ["hub_read_result", "hub_results"])
async def test_another_clients_result_does_not_exist(ask: Ask, store: SpillStore, name: str) -> None:
    with pytest.raises(NotFound, match="No stored result"):
        await ask(name, BOB, id=put(store, "secret plan"))


@pytest.mark.parametrize("max_tokens", [200, 2000, 10_000])
@pytest.mark.parametrize("line", ["short line", "9" * 499, "漢" * 499])
async def test_what_is_read_is_never_cut_and_stored_a_second_time(
    ask: Ask, store: SpillStore, line: str, max_tokens: int
) -> None:
    result_id = put(store, f"{line}\n" * 5000)
    held = store.held_bytes
    for arguments in ({}, {"grep": line[:5]}, {"grep": line[:5], "context": 20}):
        text = await ask("hub_read_result", id=result_id, max_tokens=max_tokens, **arguments)
        assert "from_line=" in text.split("\n")[0]
        assert estimate_tokens(text) <= max(min(max_tokens, 10_000), 600)
    assert store.held_bytes == held


async def test_a_resource_gives_more_at_once_than_the_tool(ask: Ask, store: SpillStore) -> None:
    result_id = put(store, "some words\n" * 3000)
    tool_text, resource_text = await ask("hub_read_result", id=result_id), await ask("hub_results", id=result_id)
    assert len(resource_text) > 3 * len(tool_text)


async def test_a_large_result_is_read_without_holding_up_the_loop(ask: Ask, store: SpillStore) -> None:
    result_id = put(store, "some words\n" * 100_000 + "needle")
    assert (await ask("hub_read_result", id=result_id, grep="needle")).endswith("\n100001: needle")


async def test_a_text_whose_end_was_lost_says_so() -> None:
    store = SpillStore(max_bytes_each=5000)
    item = next(item for item in builtin_items(View(), store) if item.name == "hub_read_result")
    token = current_call.set(Call(id="c", kind="tool", name="x", principal=ADA, transport="memory"))
    text = await item.function(id=put(store, "line\n" * 5000))
    current_call.reset(token)
    assert text.startswith("jira_search (its end was too long to keep): lines 1-")


@pytest.mark.parametrize(
    "arguments", [{"from_line": 0}, {"lines": 0}, {"context": 21}, {"grep": "x" * 201}, {"line": 1}]
)
async def test_odd_arguments_are_refused(ask: Ask, store: SpillStore, arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidArguments):
        await ask("hub_read_result", id=put(store, "x"), **arguments)


def test_the_built_in_items_are_few_and_only_read(store: SpillStore) -> None:
    items = builtin_items(View(), store)
    assert [item.name for item in items] == ["hub_status", "hub_read_result", "hub_connectors", "hub_results"]
    assert all(not getattr(item.declaration, "writes", False) for item in items)


def test_a_stored_result_is_found_by_its_uri(store: SpillStore) -> None:
    stored = store.put(ADA, "x", "text/plain", "s")
    (item,) = [item for item in builtin_items(View(), store) if item.name == "hub_results"]
    assert isinstance(item, ResourceItem)
    assert item.template.match(stored.uri) == {"id": stored.id}
    assert item.template.match(f"{stored.uri}?from_line=3&grep=a%7Cb") == {
        "id": stored.id,
        "from_line": "3",
        "grep": "a|b",
    }
