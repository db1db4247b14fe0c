"""The contract passes a connector that keeps it, and catches each way to break it."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent, indent

import pytest

from hub.testing import ConnectorContract, FakeService

Contract = Callable[..., ConnectorContract]
TESTS = sorted(name for name in dir(ConnectorContract) if name.startswith("test_"))
Change = tuple[str, str]
ASK = "        rows = await self.orders(status)\n"
ME = 'return "Shop of " + (await self.http.get("/me")).json()["name"]'
HEADERS = 'return {"Authorization": f"Bearer {self.settings.api_token.get_secret_value()}"}'


def at_the_top(code: str) -> Change:
    return "class ShopSettings", f"{dedent(code)}\n\nclass ShopSettings"


def in_the_class(code: str) -> Change:
    title = '    title = "Shop"\n'
    return title, title + indent(dedent(code), "    ")


def instead_of_asking(code: str) -> Change:
    return ASK, indent(dedent(code), "        ")


def after_asking(code: str) -> Change:
    return ASK, ASK + indent(dedent(code), "        ")


BROKEN: tuple[tuple[str, str, Change], ...] = (
    ("it_loads_and_nothing_it_declares_is_refused", "no docstring", ('"""List orders, newest first."""', '""""""')),
    (
        "it_loads_and_nothing_it_declares_is_refused",
        "'status' has no description",
        ('Annotated[str, "Their status"]', "str"),
    ),
    (
        "it_loads_and_nothing_it_declares_is_refused",
        "'customer' has no description",
        ('Annotated[str, "Who"]', "str"),
    ),
    (
        "names_are_short_enough_for_every_client",
        "repeats the namespace",
        ("@tool()", '@tool(name="shop_list_orders")'),
    ),
    (
        "names_are_short_enough_for_every_client",
        "is also a tool's name",
        ("@tool()", '@tool(aliases=("cancel_order",))'),
    ),
    (
        "tools_that_are_no_writes_send_none",
        "sent POST /orders",
        instead_of_asking("""
            await self.http.post("/orders/1/cancel")
            rows = []
        """),
    ),
    (
        "an_unknown_key_is_an_error",
        "takes unknown keys",
        ("    api_token: Secret\n", '    model_config = {"extra": "allow"}\n    api_token: Secret\n'),
    ),
    (
        "credentials_are_secrets",
        "webhook_secret",
        ("    api_token: Secret\n", '    api_token: Secret\n    webhook_secret: str = ""\n'),
    ),
    (
        "importing_does_nothing_else",
        "reads the environment variable HOME",
        at_the_top("""
            import os
            HOME = os.environ["HOME"]
        """),
    ),
    (
        "importing_does_nothing_else",
        "reads the file",
        at_the_top("""
            from pathlib import Path
            TEXT = Path(__file__).read_text()
        """),
    ),
    (
        "importing_does_nothing_else",
        "opens a socket",
        at_the_top("""
            import socket
            with socket.socket(type=socket.SOCK_DGRAM) as own:
                own.bind(("127.0.0.1", 0))
        """),
    ),
    (
        "importing_is_light",
        "ms beyond the hub",
        at_the_top("""
            import time
            _BEGUN = time.process_time()
            while time.process_time() - _BEGUN < 0.15:
                pass
        """),
    ),
    (
        "constructing_opens_nothing",
        "starts a program",
        in_the_class("""
            def __init__(self, *given):
                import subprocess
                subprocess.run(["true"])
                super().__init__(*given)
        """),
    ),
    (
        "loading_makes_no_request",
        "GET /me",
        in_the_class("""
            from contextlib import asynccontextmanager
            @asynccontextmanager
            async def lifespan(self):
                await self.http.get("/me", allow=[500])
                yield
        """),
    ),
    ("verify_access_makes_an_authenticated_call", "asks the service nothing", (ME, 'return "Shop"')),
    (
        "verify_access_makes_an_authenticated_call",
        "no request that carries the credential",
        (HEADERS, "return {}"),
    ),
    (
        "a_rejected_credential_is_named",
        "is content with a service that answers 401",
        (ME, 'await self.http.get("/me", allow=[401]); return "Shop"'),
    ),
    (
        "a_rate_limit_is_told",
        "shop_list_orders: no error",
        instead_of_asking("""
            try:
                rows = await self.orders(status)
            except Exception:
                rows = []
        """),
    ),
    (
        "a_failure_of_the_service_is_told",
        "shop_list_orders: connector_error",
        instead_of_asking("""
            rows = (await self.http.get("/orders", allow=[500])).json()["orders"]
        """),
    ),
    (
        "a_write_is_sent_once",
        "declare no write safe=True",
        ('path_params={"order": order})', 'path_params={"order": order}, safe=True)'),
    ),
    (
        "planted_secrets_appear_nowhere",
        "a log record",
        after_asking("""
            self.log.debug("asked with %s", self.auth_headers())
        """),
    ),
    (
        "planted_secrets_appear_nowhere",
        "repr of the connector",
        in_the_class("""
            def __init__(self, settings, context):
                super().__init__(settings, context)
                self.token = settings.api_token.get_secret_value()
        """),
    ),
    (
        "no_call_escapes_the_guarded_client",
        "past the guarded client",
        after_asking("""
            import urllib.request
            try:
                urllib.request.urlopen(self.settings.url + "/me", timeout=1)
            except OSError:
                pass
        """),
    ),
    (
        "answers_are_bounded",
        "is content with an answer of",
        instead_of_asking("""
            async with self.http.stream("GET", "/orders", max_bytes=10**9) as answer:
                async for _ in answer.aiter_bytes():
                    pass
            rows = []
        """),
    ),
    (
        "two_instances_run_side_by_side",
        "both share seen",
        in_the_class("""
            everything = {}
            def __init__(self, *given):
                super().__init__(*given)
                self.seen = self.everything
        """),
    ),
    (
        "it_closes_cleanly",
        "the task",
        after_asking("""
            import asyncio
            self.left = asyncio.create_task(asyncio.sleep(600))
        """),
    ),
    (
        "it_closes_cleanly",
        "unclosed",
        after_asking("""
            import socket
            socket.socket()
        """),
    ),
)


@pytest.mark.parametrize("name", TESTS)
def test_a_connector_that_keeps_the_contract_passes(contract: Contract, name: str) -> None:
    getattr(contract(), name)()


@pytest.mark.parametrize(("name", "told", "change"), BROKEN, ids=[f"{name}-{told}" for name, told, _ in BROKEN])
def test_each_way_to_break_it_is_caught(contract: Contract, name: str, told: str, change: Change) -> None:
    broken = contract(change)
    with pytest.raises(pytest.fail.Exception) as caught:
        getattr(broken, f"test_{name}")()
    assert told in str(caught.value)


def test_every_test_of_the_contract_can_fail_or_is_known_not_to_be_broken_here() -> None:
    caught = {f"test_{name}" for name, _, _ in BROKEN}
    elsewhere = {
        "test_a_diagnosis_holds_no_secret",
        "test_a_service_that_cannot_be_reached_is_told",
        "test_an_outage_is_logged_once",
        "test_clients_see_the_tools_as_they_were_accepted",
        "test_every_tool_is_offered",
        "test_everything_is_described",
        "test_read_only_hides_every_write",
        "test_schemas_are_closed_and_valid",
        "test_the_package_is_named_after_its_connector",
    }
    assert set(TESTS) - caught == elsewhere


def test_its_tests_cannot_be_overridden() -> None:
    with pytest.raises(TypeError, match="overrides test_it_closes_cleanly"):
        type(
            "Lenient", (ConnectorContract,), {"test_it_closes_cleanly": ConnectorContract.test_answers_are_bounded}
        )
    with pytest.raises(TypeError, match="overrides test_it_closes_cleanly"):
        type("Lenient", (ConnectorContract,), {"test_it_closes_cleanly": None})


def test_a_changed_tool_is_caught_with_the_difference(contract: Contract, tmp_path: Path) -> None:
    kept = contract()
    kept.test_clients_see_the_tools_as_they_were_accepted()
    path = tmp_path / "schemas" / "list_orders.json"
    path.write_text(path.read_text(encoding="utf-8").replace("newest first", "oldest first"), encoding="utf-8")
    with pytest.raises(
        pytest.fail.Exception, match=r"oldest first(.|\n)*newest first(.|\n)*delete .*list_orders.json"
    ):
        kept.test_clients_see_the_tools_as_they_were_accepted()


def test_a_tool_that_is_hidden_is_skipped_with_its_name(contract: Contract) -> None:
    hiding = contract(("@tool()", "@tool(when=lambda connector: False)"))
    with pytest.raises(pytest.skip.Exception, match="list_orders"):
        hiding.test_every_tool_is_offered()


def test_a_class_nobody_installed_is_named(contract: Contract) -> None:
    kept = contract()
    other = type("Other", (kept.connector,), {})
    strange = type("OtherContract", (type(kept),), {"connector": other})()
    with pytest.raises(AssertionError, match=r"pip install -e \."):
        strange.test_everything_is_described()


WITHOUT_SANDBOX = ("    def sandbox(cls) -> Sandbox:", "    def _unused(cls) -> Sandbox:")


class OrderService:
    """The answers of a shop for a connector that has no sandbox."""

    def fake_service(self) -> FakeService:
        service = FakeService("https://shop.example.com")
        service.expect("GET", "/me").reply(json={"name": "Maya"}).repeatedly()
        service.expect("GET", "/orders").reply(json={"orders": [{"id": 7, "total": 1}]}).repeatedly()
        service.expect("POST", "/orders/{id}/cancel").repeatedly()
        return service


@pytest.mark.parametrize("name", TESTS)
def test_a_fake_service_takes_the_place_of_a_sandbox(contract: Contract, name: str) -> None:
    from hub.plugin import Secret

    settings = {"api_token": Secret("planted-token-93")}
    faked = contract(WITHOUT_SANDBOX, settings=settings, fake_service=OrderService.fake_service)
    getattr(faked, name)()


def test_without_sandbox_and_service_it_says_what_it_cannot_check(contract: Contract) -> None:
    from hub.plugin import Secret

    bare = contract(WITHOUT_SANDBOX, settings={"api_token": Secret("planted-token-93")})
    with pytest.raises(pytest.skip.Exception, match="has no sandbox"):
        bare.test_it_closes_cleanly()
    bare.test_a_rate_limit_is_told()
    bare.test_planted_secrets_appear_nowhere()
