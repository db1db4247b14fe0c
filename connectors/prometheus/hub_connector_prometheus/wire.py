"""The wire of one Prometheus-compatible server: requests, answers, and what such servers say instead of answering.

Formats: https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview
"""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

from hub.plugin import AuthenticationFailed, InvalidRequest, NotFound, Service, ServiceClient, ServiceUnavailable
from hub_connector_prometheus.shapes import texts

if TYPE_CHECKING:
    import httpx
    import requests

T = TypeVar("T")

_NO_POST = frozenset({405, 501})
_NO_TENANT = "no org id"
"""What Mimir, Cortex and Thanos answer with status 401 to a request without a tenant."""
_NO_SUCH_API = "it has no such API"


class NotOffered(NotFound):
    """The server has no such endpoint; Prometheus-compatible servers lack several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The `data` of an answer with what the server remarks on it."""

    data: Any
    warnings: tuple[str, ...] = ()
    infos: tuple[str, ...] = ()


class Wire:
    """Sends requests to one server and reads its answers.

    Args:
        client: The guarded client of its address.
    """

    def __init__(self, client: ServiceClient) -> None:
        self._client = client
        self._posts = True

    @property
    def service(self) -> Service:
        """What the guarded client was built from."""
        return self._client.service

    async def ask(self, path: str, form: Mapping[str, Any], *, essential: bool = False) -> Answer:
        """POST, since a query can be longer than an address; GET where POST is not allowed.

        Args:
            path: Of the endpoint.
            form: Its parameters.
            essential: Whether every server has it, so that its absence means a wrong address.

        Raises:
            InvalidRequest: The server rejects the request.
            NotOffered: There is no such endpoint.
            ConnectorError: As `ServiceClient.request` does.
        """
        if self._posts:
            with self._refusals(path, essential=essential):
                response = await self._client.post(path, data=form, safe=True, allow=_NO_POST)
            if response.status_code not in _NO_POST:
                return self._read(response, path)
            self._posts = False
        return await self.get(path, form, essential=essential)

    async def get(
        self,
        path: str,
        params: Mapping[str, Any],
        *,
        path_params: Mapping[str, str] | None = None,
        essential: bool = False,
    ) -> Answer:
        """GET; see `ask`.

        Raises:
            InvalidRequest: The server rejects the request.
            NotOffered: There is no such endpoint.
            ConnectorError: As `ServiceClient.request` does.
        """
        with self._refusals(path, essential=essential):
            response = await self._client.get(path, params=params, path_params=path_params)
        return self._read(response, path)

    async def through_sdk(self, path: str, work: Callable[[Any], T]) -> T:
        """Run prometheus-api-client over the guarded client.

        Args:
            path: The endpoint it uses, for errors.
            work: Gets a `PrometheusConnect` and returns plain data.

        Raises:
            InvalidRequest: The server rejects the request.
            NotOffered: There is no such endpoint.
            ConnectorError: As `ServiceClient.run_sdk` does.
        """
        url = self.service.base_url

        def run(session: "requests.Session") -> T:
            from prometheus_api_client.prometheus_connect import PrometheusConnect

            # Its constructor mounts a retrying adapter of its own; the hub's session keeps to its own instead.
            return work(PrometheusConnect(url=url, session=session))

        with self._refusals(path):
            return await self._client.run_sdk(run)

    def _read(self, response: "httpx.Response", path: str) -> Answer:
        body = _json_object(response)
        if body is None or body.get("status") != "success":
            raise ServiceUnavailable(
                f"{self.service.label} answered {path} with something other than Prometheus's API",
                hint=f"Does {self.service.setting} lead to the server itself, past any login page, "
                "with its path prefix?",
            )
        return Answer(
            data=body.get("data"),
            warnings=tuple(texts(body.get("warnings"))),
            infos=tuple(texts(body.get("infos"))),
        )

    @contextmanager
    def _refusals(self, path: str, *, essential: bool = False) -> Generator[None]:
        """Tell a missing endpoint from a wrong request, and say what helps against the latter."""
        try:
            yield
        except AuthenticationFailed as error:
            if _NO_TENANT not in error.message:
                raise
            table = self.service.setting.removesuffix(".url")
            raise AuthenticationFailed(error.message, hint=f"It wants a tenant; set {table}.tenant") from None
        except (NotFound, InvalidRequest) as error:
            if _NO_SUCH_API in error.message:
                raise self._not_offered(path, essential=essential) from None
            raise InvalidRequest(error.message, hint=error.hint or _advice(error.message)) from None

    def _not_offered(self, path: str, *, essential: bool) -> NotOffered:
        hint = (
            f"{self.service.setting} may lack a path prefix, such as /prometheus for Mimir"
            if essential
            else "Some servers that speak Prometheus's API lack endpoints; the other tools still work"
        )
        return NotOffered(f"{self.service.label} does not offer {path}", hint=hint)


def error_text(response: "httpx.Response") -> str | None:
    """The message of an error in the API's format; for a status that can mean so, that there is no such endpoint.

    Prometheus answers an unknown path with a 404 in plain text, VictoriaMetrics with a 400.
    """
    body = _json_object(response)
    if body is not None and body.get("status") == "error":
        return str(body.get("error") or body.get("errorType") or "no reason given")
    if response.status_code in (400, 404, 405, 422):
        return _NO_SUCH_API
    if body is not None:
        return str(body["message"]) if body.get("message") else None
    is_text = response.headers.get("content-type", "").startswith("text/plain")
    return response.text.strip().partition("\n")[0] or None if is_text else None


def _json_object(response: "httpx.Response") -> dict[str, Any] | None:
    try:
        body = response.json()
    except ValueError:
        return None
    return cast("dict[str, Any]", body) if isinstance(body, dict) else None


def _advice(text: str) -> str:
    lowered = text.lower()
    if "too many samples" in lowered or "exceeded maximum resolution" in lowered or "max-series" in lowered:
        return "Ask for less: a shorter range, a longer step, or fewer series through sum by (…) or topk(10, …)"
    if "timed out" in lowered or "timeout" in lowered:
        return "Ask for less, or raise `timeout` of this source"
    return "Mend the PromQL at the place named" if "parse" in lowered else ""
