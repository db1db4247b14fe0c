"""The wire of one Jira: REST calls, calls through the `jira` package, and what Jira says when it refuses.

Errors: https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/#status-codes
Rate limits: https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from hub.plugin import AuthenticationFailed, ServiceClient, read_json
from hub_connector_jira.shapes import items, mapping, string

if TYPE_CHECKING:
    import httpx
    import requests

T = TypeVar("T")

AGILE = "/rest/agile/1.0"
_LIMITS = {
    "jira-quota-global-based": "the hourly quota of points that all sites of the app share is used up",
    "jira-quota-tenant-based": "the hourly quota of points for this site is used up",
    "jira-burst-based": "too many requests to this endpoint in a short time",
    "jira-per-issue-on-write": "too many writes to this one issue in a short time",
}
_NOT_LOGGED_IN = frozenset({"AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED"})
"""`X-Seraph-LoginReason` of an answer for nobody: wrong credential, or a captcha in the way."""


class Wire:
    """Sends requests to one Jira and reads its answers.

    Args:
        client: The guarded client of its address.
        cloud: Whether it is Jira Cloud, with version 3 of the API; else Data Center, with version 2.
    """

    def __init__(self, client: ServiceClient, *, cloud: bool) -> None:
        self._client = client
        self.cloud = cloud
        self.api = f"/rest/api/{3 if cloud else 2}"

    async def get(
        self, path: str, params: Mapping[str, Any] | None = None, *, base: str | None = None, **path_params: str
    ) -> Any:
        """GET a path below the REST API; `path_params` fill its `{names}`.

        Args:
            path: Such as `/issue/{key}`.
            params: Of the query.
            base: Of another API, such as `AGILE`.
            path_params: Values for the path.

        Raises:
            ConnectorError: As `ServiceClient.request` does.
        """
        response = await self._client.get(
            f"{self.api if base is None else base}{path}", params=params, path_params=path_params
        )
        return self._read(response)

    async def ask(self, path: str, body: Mapping[str, Any]) -> Any:
        """POST that only reads, so it may be repeated.

        Raises:
            ConnectorError: As `ServiceClient.request` does.
        """
        return self._read(await self._client.post(f"{self.api}{path}", json=body, safe=True))

    async def write(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any],
        params: Mapping[str, Any] | None = None,
        **path_params: str,
    ) -> Any:
        """Send a write, once; None if the answer is empty.

        Raises:
            OutcomeUnknown: It was sent and no answer came.
            ConnectorError: As `ServiceClient.request` does.
        """
        response = await self._client.request(
            method, f"{self.api}{path}", json=body, params=params, path_params=path_params
        )
        return self._read(response) if response.content else self._check_login(response)

    async def download(self, path: str, *, most: int, **path_params: str) -> bytes:
        """The bytes of an attachment.

        Raises:
            ResponseTooLarge: It has more than `most` bytes.
            ConnectorError: As `ServiceClient.request` does.
        """
        # Without `redirect`, Cloud sends the bytes itself instead of leading to its media servers.
        params = {"redirect": "false"} if self.cloud else None
        response = await self._client.get(
            path, params=params, path_params=path_params, headers={"Accept": "*/*"}, max_bytes=most
        )
        return response.content

    async def through_sdk(self, work: Callable[[Any], T]) -> T:
        """Run the `jira` package over the guarded client; for reading only.

        Args:
            work: Gets a `jira.JIRA` and returns plain data, never its objects.

        Raises:
            ConnectorError: As `ServiceClient.run_sdk` does.
        """
        url, cloud = self._client.service.base_url, self.cloud

        def run(session: "requests.Session") -> T:
            from jira import JIRA

            # Asking for the server's version would be one more request per call; the credential stays with the
            # hub; and its retries would send a write again.
            jira: Any = JIRA(
                server=url,
                options={"rest_api_version": "3" if cloud else "2"},
                get_server_info=False,
                logging=False,
                max_retries=0,
            )
            jira.deploymentType = "Cloud" if cloud else "Server"
            own = jira._session  # noqa: SLF001  the package takes no session of ours
            own.trust_env = False
            own.adapters.clear()
            for scheme in ("https://", "http://"):
                own.mount(scheme, session.get_adapter(url))
            return work(jira)

        return await self._client.run_sdk(run, safe=True)

    def _read(self, response: "httpx.Response") -> Any:
        self._check_login(response)
        return read_json(response, self._client.service)

    def _check_login(self, response: "httpx.Response") -> None:
        """Refuse an answer for nobody: Jira serves strangers what is public, as if nothing else existed."""
        if response.headers.get("x-seraph-loginreason", "").split(",")[0].strip() in _NOT_LOGGED_IN:
            service = self._client.service
            raise AuthenticationFailed(
                f"{service.label} did not accept the credential and answered as to a stranger",
                hint=f"Check {service.credential}: it is wrong, expired or revoked, or Jira wants a captcha solved",
            )


def error_text(response: "httpx.Response") -> str | None:
    """What Jira says in an error: its messages, those of single fields, and which rate limit it was."""
    said = [text for text in (_limit(response), *_messages(response)) if text]
    return "; ".join(dict.fromkeys(said)) or None


def _limit(response: "httpx.Response") -> str:
    reason: str = response.headers.get("ratelimit-reason", "")
    return _LIMITS.get(reason, reason) if response.status_code == 429 else ""


def _messages(response: "httpx.Response") -> list[str]:
    if response.headers.get("x-seraph-loginreason", "").startswith("AUTHENTICATION_DENIED"):
        return ["Jira wants a captcha solved; log in once in a browser"]
    try:
        body = mapping(response.json())
    except ValueError:
        return []
    found = [string(text) for text in items(body.get("errorMessages"))]
    found += [f"{name}: {string(text)}" for name, text in mapping(body.get("errors")).items()]
    return found or [string(body.get("message") or body.get("errorMessage"))]
