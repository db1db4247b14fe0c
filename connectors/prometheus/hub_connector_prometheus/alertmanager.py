"""The wire of one Alertmanager: silences and alerts of its API v2.

API: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from hub.plugin import InvalidRequest, NotFound, ServiceClient, ServiceUnavailable
from hub_connector_prometheus.promql import Matcher
from hub_connector_prometheus.shapes import mapping

if TYPE_CHECKING:
    import httpx

CREATED_BY = "mcp-integration-hub"


class Alertmanager:
    """One Alertmanager.

    Args:
        client: The guarded client of its address.
    """

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    @property
    def label(self) -> str:
        """How texts name it."""
        return self._client.service.label

    async def alerts(self, matchers: Sequence[Matcher] = ()) -> list[dict[str, Any]]:
        """Alerts it knows, silenced and inhibited ones too.

        Raises:
            ConnectorError: As `ServiceClient.request` does.
        """
        response = await self._client.get("/api/v2/alerts", params={"filter": [str(m) for m in matchers]})
        return self._list(response)

    async def silences(self) -> list[dict[str, Any]]:
        """All silences, the expired ones it still keeps too.

        Raises:
            ConnectorError: As `ServiceClient.request` does.
        """
        return self._list(await self._client.get("/api/v2/silences"))

    async def create_silence(self, matchers: Sequence[Matcher], start: float, end: float, comment: str) -> str:
        """Create a silence and return its id.

        Raises:
            InvalidRequest: Alertmanager rejects it.
            OutcomeUnknown: No answer came.
            ConnectorError: As `ServiceClient.request` does.
        """
        body = {
            "matchers": [
                {
                    "name": matcher.name,
                    "value": matcher.value,
                    "isRegex": "~" in matcher.operator,
                    "isEqual": not matcher.operator.startswith("!"),
                }
                for matcher in matchers
            ],
            "startsAt": _iso(start),
            "endsAt": _iso(end),
            "createdBy": CREATED_BY,
            "comment": comment,
        }
        response = await self._client.post("/api/v2/silences", json=body)
        identifier = mapping(_body(response)).get("silenceID")
        if not isinstance(identifier, str):
            raise ServiceUnavailable(
                f"{self.label} accepted the silence and named no id", hint="List the silences to find it"
            )
        return identifier

    async def expire_silence(self, identifier: str) -> None:
        """End a silence now.

        Raises:
            NotFound: There is no active one with this id.
            OutcomeUnknown: No answer came.
            ConnectorError: As `ServiceClient.request` does.
        """
        try:
            await self._client.request("DELETE", "/api/v2/silence/{id}", path_params={"id": identifier})
        except (NotFound, InvalidRequest, ServiceUnavailable) as error:
            # Up to version 0.27 an unknown id is answered with status 500 and this text.
            if isinstance(error, ServiceUnavailable) and "not found" not in error.message:
                raise
            raise NotFound(
                f"{self.label} has no active silence {identifier}", hint="List the silences to see their ids"
            ) from None

    async def version(self) -> str:
        """Its version and address.

        Raises:
            ConnectorError: As `ServiceClient.request` does.
        """
        body = _body(await self._client.get("/api/v2/status"))
        version = mapping(mapping(body).get("versionInfo")).get("version") or "of unknown version"
        return f"Alertmanager {version} at {self._client.service.base_url}"

    def _list(self, response: "httpx.Response") -> list[dict[str, Any]]:
        body = _body(response)
        if not isinstance(body, list):
            raise ServiceUnavailable(
                f"{self.label} does not speak Alertmanager's API v2",
                hint=f"Does {self._client.service.setting} lead to an Alertmanager, with its path prefix?",
            )
        return cast("list[dict[str, Any]]", body)


def error_text(response: "httpx.Response") -> str | None:
    """The message of an error: a JSON string, or the `message` of an object."""
    body = _body(response)
    return body if isinstance(body, str) else mapping(body).get("message")


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _body(response: "httpx.Response") -> Any:
    try:
        return response.json()
    except ValueError:
        return None
