"""Each plugin ends in a state, and the hub goes without none that is or may be its policy."""

import logging
import re
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from hub.access.principal import LOCAL
from hub.errors import ConfigError, ConnectorLoadError
from hub.hub import Hub
from hub.plugins.load import Plugins
from hub.plugins.reading import read_hub

Install = Callable[..., None]

HEAD = """
from hub.plugin import *
from hub.plugin import Settings
class Vault(SecretResolver):
    kind = "vault"
    def resolve(self, target): return "value"
class Policy(CallMiddleware): pass
class Siem(AuditSink):
    def send(self, records): pass
"""
RESOLVER = "@hookimpl\ndef hub_secret_resolver(): return Vault()\n"
POLICY = "@hookimpl\ndef hub_call_middleware(): return Policy()\n"
SINK = "@hookimpl\ndef hub_audit_sink(): return Siem()\n"


@pytest.fixture
def install(install_connector: Callable[..., Path]) -> Install:
    def put(name: str, source: str, requires: str = "") -> None:
        install_connector(
            name, HEAD + dedent(source), distribution=f"hub-plugin-{name}", group="hub.plugins", requires=requires
        )

    return put


async def load(config: Path) -> Plugins:
    _, plugins = await read_hub(config, lambda _: None)
    return plugins


@pytest.mark.parametrize(
    ("source", "state", "reason", "is_indispensable"),
    [
        ("raise RuntimeError('s3cret')", "failed", "importing .* raised RuntimeError", True),
        ("import sys; sys.exit(3)", "failed", "raised SystemExit: 3", True),
        ("", "failed", "has none of the hooks hub_secret_resolver, hub_call_middleware, hub_audit_sink", False),
        ("@hookimpl\ndef hub_middleware(): pass", "failed", "unknown hook 'hub_middleware'", True),
        ("@hookimpl\ndef hub_audit_sink(): return 5", "failed", "gives no AuditSink", False),
        (
            "@hookimpl\ndef hub_audit_sink(): 1 / 0",
            "failed",
            "hub_audit_sink of .* raised ZeroDivisionError",
            False,
        ),
        ("@hookimpl\ndef hub_secret_resolver(): pass", "failed", "gives no SecretResolver", False),
        ("Vault.kind = 'Vault!'\n" + RESOLVER, "failed", "of a kind that has no name", False),
        ("Vault.kind = 'env'\n" + RESOLVER, "failed", "kind 'env', which another reads already", False),
        ("@hookimpl\ndef hub_call_middleware(): return 5", "failed", "gives no CallMiddleware", True),
        ("Policy.before = lambda *_: None\n" + POLICY, "failed", "have to be async", True),
        ("Policy.order = 'first'\n" + POLICY, "failed", "is no whole number", True),
        ("@hookimpl\ndef hub_plugin_settings(): return 5\n" + SINK, "failed", "derived from Settings", False),
        (
            "class Own(Settings):\n    url: str\n@hookimpl\ndef hub_plugin_settings(): return Own\n" + POLICY,
            "missing_config",
            r"plugins\.acme\.url: is missing",
            True,
        ),
    ],
)
async def test_what_is_wrong_is_a_state_with_a_reason(
    install: Install,
    write_config: Callable[[str], Path],
    caplog: pytest.LogCaptureFixture,
    source: str,
    state: str,
    reason: str,
    is_indispensable: bool,
) -> None:
    install("acme", source)
    plugins = await load(write_config("[plugins.acme]\n"))
    (found,) = plugins.broken
    assert found.state == state
    assert re.search(reason, found.reason)
    assert found.reason in caplog.text
    assert "s3cret" not in caplog.text
    assert (plugins.indispensable == {"acme"}) == is_indispensable


async def test_one_that_needs_another_hub_is_not_imported(
    install: Install, write_config: Callable[[str], Path]
) -> None:
    install("acme", "raise RuntimeError('imported')", requires="mcp-integration-hub>=99")
    (found,) = (await load(write_config("[plugins.acme]\n"))).states
    assert (found.state, found.reason.split(" ", 2)[2][:33]) == (
        "incompatible",
        "needs mcp-integration-hub>=99, th",
    )


async def test_one_that_is_not_installed_stops_the_hub_unless_it_is_optional(
    install: Install, write_config: Callable[[str], Path]
) -> None:
    install("acme", SINK)
    with pytest.raises(ConfigError, match="no installed package offers a plugin named 'acne'") as caught:
        async with Hub.open(write_config("[plugins.acne]\n")):
            pass
    assert caught.value.hint == "Did you mean acme? Correct [plugins.acne]"
    async with Hub.open(write_config("[plugins.acne]\noptional = true\n")) as hub:
        states = {state.name: state.state for state in hub.plugin_states(LOCAL)}
    assert states == {"acme": "disabled", "acne": "failed"}


async def test_a_disabled_plugin_is_not_imported(install: Install, write_config: Callable[[str], Path]) -> None:
    install("acme", "raise RuntimeError('imported')")
    (found,) = (await load(write_config("[plugins.acme]\nenabled = false\n"))).states
    assert (found.state, found.reason) == ("disabled", "[plugins.acme] says enabled = false")


async def test_of_two_packages_with_one_name_one_is_used_and_both_are_shown(
    install: Install, install_connector: Callable[..., Path], write_config: Callable[[str], Path]
) -> None:
    install("acme", SINK)
    install_connector("acme", "raise RuntimeError", distribution="a-fork", group="hub.plugins")
    plugins = await load(write_config("[plugins.acme]\n"))
    assert [(state.distribution, state.state) for state in plugins.states] == [
        ("hub-plugin-acme", "loaded"),
        ("a-fork", "shadowed"),
    ]


async def test_a_sink_that_does_not_load_stops_only_a_strict_hub(
    install: Install, write_config: Callable[[str], Path]
) -> None:
    install("acme", "@hookimpl\ndef hub_audit_sink(): 1 / 0")
    config = write_config("[plugins.acme]\n")
    async with Hub.open(config) as hub:
        assert [state.state for state in hub.plugin_states(LOCAL)] == ["failed"]
    with pytest.raises(ConnectorLoadError, match="plugin acme failed"):
        async with Hub.open(config, strict=True):
            pass


async def test_two_resolvers_of_one_kind_do_not_both_read(
    install: Install, write_config: Callable[[str], Path]
) -> None:
    install("one", RESOLVER)
    install("two", RESOLVER)
    plugins = await load(write_config("[plugins.two]\n[plugins.one]\n"))
    assert [(state.name, state.state) for state in plugins.states] == [("one", "failed"), ("two", "loaded")]


async def test_middlewares_are_ordered_by_number_then_by_name(
    install: Install, write_config: Callable[[str], Path]
) -> None:
    for name, order in (("c", 0), ("a", 5), ("b", 0), ("d", -1)):
        install(name, f"Policy.order = {order}\n" + POLICY)
    plugins = await load(write_config("[plugins.a]\n[plugins.b]\n[plugins.c]\n[plugins.d]\n"))
    assert [one.name for one in plugins.middlewares] == ["d", "b", "c", "a"]


async def test_a_hang_ends_with_the_deadline(
    install: Install, write_config: Callable[[str], Path], caplog: pytest.LogCaptureFixture
) -> None:
    install("acme", "import threading\nthreading.Event().wait(20)")
    with caplog.at_level(logging.WARNING):
        plugins = await load(write_config("[hub]\nload_deadline = 0.1\n[plugins.acme]\n"))
    assert "was not done in time (0.1 seconds)" in plugins.broken[0].reason
