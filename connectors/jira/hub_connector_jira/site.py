"""One Jira as the tools see it: its wire, its metadata, the projects in reach, and its kind of rich text."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from hub.plugin import NotFound, ServiceClient
from hub_connector_jira.documents.from_markdown import from_markdown, mentions
from hub_connector_jira.documents.nodes import is_document
from hub_connector_jira.documents.to_markdown import to_markdown
from hub_connector_jira.documents.to_wiki import to_wiki
from hub_connector_jira.fields import Fields
from hub_connector_jira.jql.scope import Scope
from hub_connector_jira.people import People
from hub_connector_jira.recent import RecentWrites
from hub_connector_jira.settings import JiraSettings
from hub_connector_jira.shapes import Json, mapping, rows, string
from hub_connector_jira.wire import Wire

T = TypeVar("T")
_PAGE = 100
_KEEP = 300.0
"""Seconds that fields and link types are kept; they change when an administrator changes them."""


class Site:
    """One Jira.

    Args:
        settings: Its table in hub.toml.
        client: The guarded client of its API.
    """

    def __init__(self, settings: JiraSettings, client: ServiceClient) -> None:
        self.settings = settings
        self.cloud = settings.is_cloud
        self.wire = Wire(client, cloud=settings.is_cloud)
        self.scope = Scope(settings.projects)
        self.people = People(self.wire, self.scope)
        self.recent = RecentWrites()
        self._kept: dict[str, tuple[float, Any]] = {}

    def browse(self, key: str) -> str:
        """The address of an issue for people."""
        return f"{self.settings.url}/browse/{key}"

    # Metadata, through the vendor's package

    async def fields(self) -> Fields:
        """All fields; kept for five minutes."""

        async def fetch() -> Fields:
            return Fields(rows(await self.wire.through_sdk(_fields)))

        return await self._keeping("fields", fetch)

    async def link_types(self) -> list[Json]:
        """Name, inward and outward phrase of every link type; kept for five minutes."""

        async def fetch() -> list[Json]:
            return await self.wire.through_sdk(_link_types)

        return await self._keeping("link types", fetch)

    async def server(self) -> Json:
        """What the server says of itself: version, deployment type, title."""
        return mapping(await self.wire.through_sdk(_server_info))

    async def myself(self) -> Json:
        """The user the credential belongs to."""
        return mapping(await self.wire.through_sdk(_myself))

    async def project(self, key: str) -> Json:
        """A project with its issue types, components and versions.

        Raises:
            InvalidArguments: It is not among those allowed.
            NotFound: There is none.
        """
        key = self.scope.project(key)
        return mapping(await self.wire.through_sdk(lambda jira: jira.project(key).raw))

    async def projects(self) -> list[Json]:
        """All projects of a Data Center site; Cloud has pages of them."""
        return await self.wire.through_sdk(_projects)

    # Issues

    async def issue(self, key: str, fields: str, **params: str) -> Json:
        """An issue, if it is in reach.

        Args:
            key: As the caller has it; an issue that was moved answers to its old keys, too.
            fields: Ids of fields, with commas between them.
            params: Further query parameters.

        Raises:
            NotFound: There is none, or it is out of reach.
        """
        self.scope.early(key)
        try:
            found = mapping(await self.wire.get("/issue/{key}", {"fields": fields, **params}, key=key))
        except NotFound as error:
            if self.scope.projects is not None:
                raise self.scope.unknown(key) from None
            raise NotFound(
                error.message, hint=f"Is {key} the right key? It may also be hidden from this account"
            ) from None
        self.scope.issue(found, key)
        return found

    async def writable(self, key: str) -> str:
        """The key to write an issue by; with projects limited, Jira is asked where the issue lies by now.

        Raises:
            NotFound: It is out of reach.
        """
        return key if self.scope.projects is None else string((await self.issue(key, "project"))["key"])

    # Rich text

    async def rich(self, markdown: str) -> tuple[Any, list[str]]:
        """Markdown as Jira takes it, and the mentions that mean nobody."""
        names = mentions(markdown)
        people, unknown = await self.people.mentioned(names) if names else ({}, [])
        document = from_markdown(markdown, people)
        return (document if self.cloud else to_wiki(document)), unknown

    def plain(self, value: Any) -> str:
        """A rich text as it is read: Markdown, or on Data Center the wiki markup itself."""
        return to_markdown(value) if is_document(value) else string(value).replace("\r\n", "\n")

    async def _keeping(self, key: str, fetch: Callable[[], Awaitable[T]]) -> T:
        kept = self._kept.get(key)
        if kept is None or time.monotonic() - kept[0] > _KEEP:
            kept = (time.monotonic(), await fetch())
            self._kept[key] = kept
        return kept[1]


async def all_pages(
    site: Site,
    path: str,
    keys: Sequence[str],
    *,
    params: Mapping[str, Any] | None = None,
    most: int = 1000,
    **path_params: str,
) -> list[Json]:
    """All entries of a list that comes in pages by `startAt`.

    Args:
        site: The Jira.
        path: Of the list.
        keys: Under which of these the entries may lie; Cloud and Data Center differ.
        params: Further ones of the query.
        most: Entries after which to stop.
        path_params: Values for the path.
    """
    found: list[Json] = []
    while len(found) < most:
        asked = {"startAt": str(len(found)), "maxResults": str(_PAGE), **(params or {})}
        page = mapping(await site.wire.get(path, asked, **path_params))
        entries = rows(next((page[key] for key in keys if key in page), None))
        found += entries
        if not entries or page.get("isLast") is True or len(found) >= _total(page, len(found)):
            break
    return found


def _total(page: Mapping[str, Any], so_far: int) -> int:
    total = page.get("total")
    return total if isinstance(total, int) else so_far + 1


# What the `jira` package does; each runs in a thread and returns plain data.


def _fields(jira: Any) -> Any:
    return jira.fields()


def _link_types(jira: Any) -> list[Json]:
    return [kind.raw for kind in jira.issue_link_types()]


def _server_info(jira: Any) -> Any:
    return jira.server_info()


def _myself(jira: Any) -> Any:
    return jira.myself()


def _projects(jira: Any) -> list[Json]:
    return [project.raw for project in jira.projects()]
