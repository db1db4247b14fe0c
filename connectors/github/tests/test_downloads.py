from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import respx
from hub_connector_github.connector import GitHub

from hub.plugin import Service, ServiceClient, ServiceUnavailable, TLSFiles
from hub.testing import mock_services

Call = Callable[..., Awaitable[str]]
LOG = "2026-11-22T12:00:23.1Z hello\n2026-11-22T12:00:24.1Z world\n"


def prepare(router: respx.Router, url: str, job: dict[str, Any], location: str) -> None:
    router.get(f"{url}/repos/octo/shop/actions/jobs/30000001").respond(json=job)
    router.get(f"{url}/repos/octo/shop/actions/jobs/30000001/logs").respond(302, headers={"location": location})


@pytest.mark.parametrize(
    "location",
    [
        "https://productionresultssa7.blob.core.windows.net/a/b.txt?sig=x%2By%3D&se=2026",
        "https://pipelines.actions.githubusercontent.com/x?sig=x%2By%3D&se=2026",
        "https://api.github.com/_downloads/1?sig=x%2By%3D&se=2026",
        "/_downloads/1?sig=x%2By%3D&se=2026",
    ],
)
async def test_a_log_is_fetched_where_github_says_without_the_credential(
    location: str, call: Call, router: respx.Router, url: str, job_json: Callable[..., Any]
) -> None:
    prepare(router, url, job_json(), location)
    storage = router.get(path__regex="/(a/b.txt|x|_downloads/1)$").respond(text=LOG)
    told = await call("get_logs", job="30000001")
    assert "2: world" in told
    request: httpx.Request = storage.calls.last.request
    assert "authorization" not in request.headers
    assert dict(request.url.params) == {"sig": "x+y=", "se": "2026"}
    assert [call.request.headers["authorization"] for call in cast("Any", router.calls[:2])] == [
        "Bearer placeholder"
    ] * 2


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example/x",
        "http://productionresultssa7.blob.core.windows.net/x",
        "https://blob.core.windows.net.evil.example/x",
        "https://productionresultssa7.blob.core.windows.net:8443/x",
        "https://user@productionresultssa7.blob.core.windows.net/x",
        "ftp://productionresultssa7.blob.core.windows.net/x",
        "https://[::/x",
        "",
    ],
)
async def test_no_other_host_is_asked(
    location: str, call: Call, router: respx.Router, url: str, job_json: Callable[..., Any]
) -> None:
    prepare(router, url, job_json(), location)
    if not location:  # leads back to the address itself
        router.get(f"{url}/repos/octo/shop/actions/jobs/30000001/logs").respond(302)
        with pytest.raises(ServiceUnavailable):
            await call("get_logs", job="30000001")
        return
    with pytest.raises(ServiceUnavailable, match=r"not among the hosts.*connectors\.github\.download_hosts"):
        await call("get_logs", job="30000001")
    assert len(router.calls) == 2


async def test_an_enterprise_servers_storage_can_be_allowed(
    call: Call, router: respx.Router, job_json: Callable[..., Any]
) -> None:
    own = "https://ghe.acme.com/api/v3"
    prepare(router, own, job_json(), "https://minio.acme.com:9000/logs/1?sig=x")
    router.get("https://minio.acme.com:9000/logs/1").respond(text=LOG)
    settings = {"base_url": own, "download_hosts": ["minio.acme.com:9000"]}
    assert "2: world" in await call("get_logs", job="30000001", with_settings=settings)


async def test_a_server_that_sends_the_log_itself_is_read_as_well(
    call: Call, router: respx.Router, url: str, job_json: Callable[..., Any]
) -> None:
    router.get(f"{url}/repos/octo/shop/actions/jobs/30000001").respond(json=job_json())
    router.get(f"{url}/repos/octo/shop/actions/jobs/30000001/logs").respond(text=LOG)
    assert "2: world" in await call("get_logs", job="30000001")


async def test_a_private_authority_and_a_proxy_hold_for_downloads_too(build: Callable[..., GitHub]) -> None:
    opened: list[Service] = []

    def open_service(service: Service) -> ServiceClient:
        opened.append(service)
        return ServiceClient(service)

    given = {"ca_file": "ca.pem", "proxy": "http://proxy.acme.com:3128"}
    connector = build(open_service, base_url="https://ghe.acme.com/api/v3", **given)
    router = respx.Router()
    router.get("https://ghe.acme.com/api/v3/x").respond(302, headers={"location": "/storage/x"})
    router.get("https://ghe.acme.com/storage/x").respond(text="y")
    with mock_services(router):
        async with connector.api.downloads.stream("/x", path_params={}, max_bytes=9, timeout=9) as response:
            assert await response.aread() == b"y"
    api, storage = opened
    assert api.tls == storage.tls == TLSFiles(ca=Path("ca.pem"))
    assert api.proxy == storage.proxy == "http://proxy.acme.com:3128"
    assert api.auth is not None
    assert storage.auth is None
