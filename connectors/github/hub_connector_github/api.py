"""The ways to GitHub's REST API: PyGithub where it has a method, plain requests elsewhere; both conditional.

https://docs.github.com/en/rest
"""

import asyncio
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from hub.plugin import ServiceClient, read_json
from hub_connector_github.downloads import Downloads
from hub_connector_github.etags import Etags

if TYPE_CHECKING:
    import httpx
    from github import Github

R = TypeVar("R")

JSON = "application/vnd.github+json"


class Api:
    """One GitHub.

    Args:
        client: Gives its guarded client.
        downloads: Gets what it keeps elsewhere.
    """

    def __init__(self, client: Callable[[], ServiceClient], downloads: Downloads) -> None:
        self._client = client
        self.downloads = downloads
        self._etags = Etags()

    async def sdk(self, work: "Callable[[Github], R]", *, per_page: int = 30) -> R:
        """Run work with PyGithub in a thread; it must return plain data.

        Raises:
            ConnectorError: As `ServiceClient.request` does.
        """
        if "hub_connector_github.sdk" not in sys.modules:
            await asyncio.to_thread(import_module, "hub_connector_github.sdk")
        from hub_connector_github.sdk import run

        client = self._client()
        base_url = client.service.base_url
        return await client.run_sdk(lambda session: run(session, self._etags, base_url, per_page, work))

    async def get(
        self, path: str, params: Mapping[str, str] | None = None, *, path_params: Mapping[str, str] | None = None
    ) -> Any:
        """The JSON of a GET; asked for conditionally where it was asked for before.

        Raises:
            ConnectorError: As `ServiceClient.request` does.
        """
        client = self._client()
        key = repr((path, sorted((path_params or {}).items()), sorted((params or {}).items())))
        kept = self._etags.get(key)
        headers = {"Accept": JSON, **({"If-None-Match": kept.etag} if kept else {})}
        response = await client.get(path, params=params, path_params=path_params, headers=headers)
        if kept is not None and response.status_code == 304:
            import httpx

            response = httpx.Response(200, headers=dict(kept.headers), content=kept.body)
        else:
            self._etags.put(key, response.headers, response.content)
        return read_json(response, client.service)

    async def post(
        self,
        path: str,
        json: Any = None,
        *,
        path_params: Mapping[str, str] | None = None,
        allow: tuple[int, ...] = (),
    ) -> "httpx.Response":
        """The answer to a POST.

        Raises:
            ConnectorError: As `ServiceClient.request` does.
        """
        return await self._client().post(
            path, json=json, path_params=path_params, headers={"Accept": JSON}, allow=allow
        )

    def json(self, response: "httpx.Response") -> Any:
        """The JSON of an answer; None of an empty one.

        Raises:
            ServiceUnavailable: It is no JSON.
        """
        return read_json(response, self._client().service) if response.content else None


def error_text(response: "httpx.Response") -> str | None:
    """GitHub's own words in an error answer, with the permission it says is lacking.

    https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
    """
    from hub_connector_github.shapes import items, text

    body: Any = response.json() if "json" in response.headers.get("content-type", "") else None
    said = text(body, "message")
    details = [
        detail if isinstance(detail, str) else text(detail, "message") or text(detail, "code")
        for detail in items(body, "errors")
    ] or [text(body, "errors")]
    told = "; ".join(part for part in (said, *details) if part)
    needed = response.headers.get("x-accepted-github-permissions", "")
    if response.status_code == 403 and needed:
        told = f"{told} (it needs {needed.replace(';', ' or ')})"
    return told or None
