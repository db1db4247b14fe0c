"""Who may come in: checks the credential of a request, and what its scopes allow."""

import base64
import binascii
from collections.abc import Mapping

from hub_connector_jira.simulation.oauth import Grants
from hub_connector_jira.simulation.options import API_TOKEN, EMAIL, PERSONAL_ACCESS_TOKEN, SiteOptions
from hub_connector_jira.simulation.refusals import Refused

_READING = (("POST", "/search/jql"), ("POST", "/search/approximate-count"), ("POST", "/jql/parse"))
_NOBODY = {"message": "Client must be authenticated to access this resource.", "status-code": 401}


class Doors:
    """Checks requests to one site.

    Args:
        options: Its edition and scopes.
        grants: Its OAuth tokens.
    """

    def __init__(self, options: SiteOptions, grants: Grants) -> None:
        self._options = options
        self._grants = grants

    def check(self, headers: Mapping[str, str], *, method: str, path: str, by_gateway: bool) -> None:
        """Let a request in.

        Args:
            headers: Of the request.
            method: Its HTTP method.
            path: Below the site's address.
            by_gateway: Whether it came through api.atlassian.com, which is where OAuth and scoped tokens go.

        Raises:
            Refused: With status 401.
        """
        scheme, _, credential = headers.get("authorization", "").partition(" ")
        if self._options.data_center:
            if scheme.lower() != "bearer" or credential != PERSONAL_ACCESS_TOKEN:
                raise _unauthenticated(tried=bool(credential))
            return
        if by_gateway and scheme.lower() == "bearer":
            self._check_token(credential, method, path)
        elif scheme.lower() != "basic" or _decoded(credential) != f"{EMAIL}:{API_TOKEN}":
            raise _unauthenticated(tried=bool(credential))

    def _check_token(self, token: str, method: str, path: str) -> None:
        if not self._grants.is_valid(token):
            raise Refused(401, body={"code": 401, "message": "Unauthorized"})
        reads = method == "GET" or any(method == verb and path.endswith(end) for verb, end in _READING)
        people = path.split("/")[4:5] in (["user"], ["myself"])
        scope = "read:jira-user" if people else "read:jira-work" if reads else "write:jira-work"
        if scope not in self._options.scopes or path.startswith("/rest/dev-status"):
            raise Refused(401, body={"code": 401, "message": "Unauthorized; scope does not match"})


def _unauthenticated(*, tried: bool) -> Refused:
    reason = {"x-seraph-loginreason": "AUTHENTICATED_FAILED"} if tried else {}
    return Refused(401, body=_NOBODY, headers={"www-authenticate": 'OAuth realm="https%3A%2F%2Fsandbox"', **reason})


def _decoded(credential: str) -> str:
    try:
        return base64.b64decode(credential, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
