"""Each of the five vendor SDKs, driven for real through `run_sdk`, with nothing of it getting past the client."""

import asyncio
import json
import logging
from collections.abc import Callable, Generator
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from typing import Any

import pytest
import requests
import respx

from hub.connector.service import Service
from hub.errors import AuthenticationFailed, NotFound, OutcomeUnknown
from hub.http.client import ServiceClient
from hub.testing.faults import Received, fault_server, http_answer
from hub.testing.http import mock_services, no_escape

OpenClient = Callable[..., AbstractAsyncContextManager[ServiceClient]]
Work = Callable[[requests.Session], Any]

ANSWERS: dict[tuple[str, str], Any] = {
    ("GET", "/services/data/v60.0/query/"): {"totalSize": 1, "done": True, "records": [{"Id": "001"}]},
    ("POST", "/services/data/v60.0/sobjects/Account/"): {"id": "001", "success": True, "errors": []},
    ("GET", "/rest/api/2/field"): [{"id": "summary", "name": "Summary", "clauseNames": ["summary"]}],
    ("GET", "/rest/api/2/search/jql"): {
        "issues": [{"key": "AB-1", "fields": {"summary": "Broken"}}],
        "isLast": True,
    },
    ("POST", "/rest/api/2/issue/AB-1/comment"): {"id": "7", "body": "hi"},
    ("GET", "/repos/acme/shop"): {"id": 1, "name": "shop", "full_name": "acme/shop", "url": "/repos/acme/shop"},
    ("POST", "/repos/acme/shop/issues"): {"number": 5, "title": "Broken", "url": "/repos/acme/shop/issues/5"},
    ("GET", "/api/v1/query"): {
        "status": "success",
        "data": {"resultType": "vector", "result": [{"value": [1, "2"]}]},
    },
    ("POST", "/conversations.list"): {"ok": True, "channels": [{"id": "C1"}]},
    ("POST", "/chat.postMessage"): {"ok": True, "ts": "1.2"},
}


async def vendor(request: Received, _: asyncio.StreamWriter) -> bytes:
    found = ANSWERS.get((request.method, request.target.partition("?")[0]))
    status = 404 if found is None else 200
    body = json.dumps(found if found is not None else {"message": "Not Found"}).encode()
    return http_answer(body, status=status, headers={"content-type": "application/json"})


async def hang_up(_: Received, __: asyncio.StreamWriter) -> None:
    return None


def salesforce(session: requests.Session, url: str) -> Any:
    from simple_salesforce.api import Salesforce

    return Salesforce(instance_url=url, session_id="placeholder", session=session, version="60.0")


def jira(session: requests.Session, url: str) -> Any:
    from jira import JIRA

    made: Any = JIRA(
        server=url,
        get_server_info=False,
        max_retries=0,
        logging=False,
        options={"check_update": False, "server": url},
    )
    for scheme in ("http://", "https://"):
        made._session.mount(scheme, session.get_adapter(url))
    made._session.trust_env = False
    made.deploymentType = "Cloud"
    return made


github_session: ContextVar[requests.Session] = ContextVar("github_session")


@pytest.fixture
def github() -> Generator[Callable[[requests.Session, str], Any]]:
    from github import Auth, Github
    from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester

    def mounted(base: Any) -> Any:
        class Connection(base):
            def __init__(self, *arguments: Any, **options: Any) -> None:
                base.__init__(self, *arguments, **options)
                self.session = github_session.get()

        return Connection

    Requester.injectConnectionClasses(mounted(HTTPRequestsConnectionClass), mounted(HTTPSRequestsConnectionClass))

    def make(session: requests.Session, url: str) -> Any:
        github_session.set(session)
        return Github(
            auth=Auth.Token("placeholder"),
            base_url=url,
            retry=None,
            seconds_between_requests=0,
            seconds_between_writes=0,
        )

    yield make
    Requester.resetConnectionClasses()
    logging.getLogger("github").handlers.clear()


def slack(session: requests.Session, url: str) -> Any:
    from slack_sdk import WebClient

    class Client(WebClient):
        def _perform_urllib_http_request_internal(self, url: str, req: Any) -> dict[str, Any]:
            answer = session.request(req.get_method(), url, data=req.data, headers=dict(req.header_items()))
            return {"status": answer.status_code, "headers": answer.headers, "body": answer.text}

    return Client(token="placeholder", base_url=url + "/", retry_handlers=[])


def prometheus(session: requests.Session, url: str) -> Any:
    import prometheus_api_client

    connect: Any = prometheus_api_client.PrometheusConnect  # its package mixes up types of the same name
    return connect(url=url, session=session)


Sdk = Callable[[requests.Session, str], Any]
READS: dict[str, tuple[Sdk | None, Callable[[Any], Any], Any]] = {
    "simple-salesforce": (salesforce, lambda sf: sf.query("SELECT Id FROM Account")["records"][0]["Id"], "001"),
    "jira": (jira, lambda j: j.search_issues("project = AB")[0].key, "AB-1"),
    "PyGithub": (None, lambda g: g.get_repo("acme/shop").full_name, "acme/shop"),
    "slack-sdk": (slack, lambda s: s.conversations_list()["channels"][0]["id"], "C1"),
    "prometheus-api-client": (prometheus, lambda p: p.custom_query("up")[0]["value"], [1, "2"]),
}
WRITES: dict[str, tuple[Sdk | None, Callable[[Any], Any]]] = {
    "simple-salesforce": (salesforce, lambda sf: sf.Account.create({"Name": "Acme"})),
    "jira": (jira, lambda j: j.add_comment("AB-1", "hi")),
    "PyGithub": (None, lambda g: g.get_repo("acme/shop", lazy=True).create_issue("Broken")),
    "slack-sdk": (slack, lambda s: s.chat_postMessage(channel="C1", text="hi")),
}


def work_with(make: Sdk, url: str, use: Callable[[Any], Any]) -> Work:
    return lambda session: use(make(session, url))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the SDKs' own
@pytest.mark.parametrize("name", READS)
async def test_a_read_goes_through_the_client(open_client: OpenClient, github: Sdk, name: str) -> None:
    make, use, expected = READS[name]
    real = {"Authorization": "Bearer real"}
    with no_escape():
        async with fault_server(vendor) as server, open_client(server.url, auth_headers=lambda: real) as client:
            assert await client.run_sdk(work_with(make or github, server.url, use)) == expected
    assert server.requests
    assert {request.headers["authorization"] for request in server.requests} == {"Bearer real"}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", WRITES)
async def test_a_write_goes_through_once(open_client: OpenClient, github: Sdk, name: str) -> None:
    make, use = WRITES[name]
    with no_escape():
        async with fault_server(vendor) as server, open_client(server.url) as client:
            await client.run_sdk(work_with(make or github, server.url, lambda sdk: bool(use(sdk))))
        async with fault_server(hang_up) as deaf, open_client(deaf.url) as client:
            with pytest.raises(OutcomeUnknown):
                await client.run_sdk(work_with(make or github, deaf.url, lambda sdk: bool(use(sdk))))
    assert [request.method for request in server.requests] == ["POST"]
    assert [request.method for request in deaf.requests] == ["POST"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", READS)
async def test_a_refused_credential_is_the_hubs_error(open_client: OpenClient, github: Sdk, name: str) -> None:
    async def refuse(_: Received, __: asyncio.StreamWriter) -> bytes:
        body = json.dumps({"ok": False, "error": "invalid_auth", "message": "Bad credentials"}).encode()
        return http_answer(body, status=401, headers={"content-type": "application/json"})

    make, use, _ = READS[name]
    with no_escape():
        async with (
            fault_server(refuse) as server,
            open_client(server.url, auth_headers=lambda: {"Authorization": "Bearer stale"}) as client,
        ):
            with pytest.raises(
                AuthenticationFailed, match=r"Fake rejected the credential .*connectors\.fake\.token"
            ):
                await client.run_sdk(work_with(make or github, server.url, use))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", READS)
async def test_respx_mocks_it_whole(github: Sdk, name: str) -> None:
    make, use, expected = READS[name]
    base = "https://acme.example"
    router = respx.Router(base_url=base, assert_all_called=False)
    for (method, path), answer in ANSWERS.items():
        router.request(method, path).respond(json=answer)
    client = ServiceClient(Service(base_url=base))
    with no_escape(), mock_services(router):
        assert await client.run_sdk(work_with(make or github, base, use)) == expected
    await client.aclose()


async def test_many_githubs_at_once_get_their_own_answers(open_client: OpenClient, github: Sdk) -> None:
    async def repository(request: Received, _: asyncio.StreamWriter) -> bytes:
        name = request.target.rpartition("/")[2]
        return http_answer(json.dumps({"name": name}).encode(), headers={"content-type": "application/json"})

    async with fault_server(repository) as server, open_client(server.url) as client:
        names = [f"r{number}" for number in range(60)]

        async def fetch(name: str) -> str:
            return await client.run_sdk(work_with(github, server.url, lambda g: g.get_repo(f"acme/{name}").name))

        assert await asyncio.gather(*map(fetch, names)) == names


async def test_a_missing_repository_is_not_found(open_client: OpenClient, github: Sdk) -> None:
    async with fault_server(vendor) as server, open_client(server.url) as client:
        with pytest.raises(NotFound, match="Not Found"):
            await client.run_sdk(work_with(github, server.url, lambda g: g.get_repo("acme/gone")))
