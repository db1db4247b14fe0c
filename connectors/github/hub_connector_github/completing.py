"""What completes the variables of resources and the arguments of prompts; lists are kept for half a minute."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from hub_connector_github.models import Run
from hub_connector_github.references import RepositoryName
from hub_connector_github.repositories import Repositories
from hub_connector_github.repository import Repository
from hub_connector_github.shapes import integer, text
from hub_connector_github.workflows import file_of

_KEEP = 30.0
_MOST_KEPT = 64
_RECENT = 50


class Completions:
    """Values that begin with what has been typed.

    Args:
        repositories: Those that may be asked about.
        clock: Monotonic seconds.
    """

    def __init__(self, repositories: Repositories, clock: Callable[[], float] = time.monotonic) -> None:
        self._repositories = repositories
        self._clock = clock
        self._kept: dict[tuple[str, str], tuple[float, Sequence[str]]] = {}

    def owners(self, prefix: str) -> Sequence[str]:
        """Owners of the repositories in hub.toml."""
        return _beginning(prefix, self._repositories.owners)

    def names(self, prefix: str, context: Mapping[str, str]) -> Sequence[str]:
        """Names of the repositories in hub.toml, of one owner if it is known."""
        owner = context.get("owner", "").lower()
        found = [full.partition("/") for full in self._repositories.named]
        return _beginning(prefix, [name for own, _, name in found if owner in ("", own.lower())])

    def full_names(self, prefix: str) -> Sequence[str]:
        """The repositories in hub.toml."""
        return _beginning(prefix, self._repositories.named)

    async def workflows(self, prefix: str, context: Mapping[str, str]) -> Sequence[str]:
        """Files of workflows."""

        async def fetch(repository: Repository) -> Sequence[str]:
            return [file_of(row) for row in (await repository.workflows()).rows]

        return await self._from("workflows", fetch, prefix, context)

    async def runs(self, prefix: str, context: Mapping[str, str]) -> Sequence[str]:
        """Ids of the newest runs, failed ones first."""

        async def fetch(repository: Repository) -> Sequence[str]:
            found = [Run.of(row) for row in (await repository.runs({}, per_page=_RECENT)).rows]
            return [str(run.id) for run in sorted(found, key=lambda run: not run.failed)]

        return await self._from("runs", fetch, prefix, context)

    async def jobs(self, prefix: str, context: Mapping[str, str]) -> Sequence[str]:
        """Ids of a run's jobs; none while the run is not known."""
        run = context.get("id", "")
        if not run.isdecimal():
            return ()

        async def fetch(repository: Repository) -> Sequence[str]:
            return [str(integer(row, "id")) for row in (await repository.jobs(int(run))).rows]

        return await self._from(f"jobs of {run}", fetch, prefix, context)

    async def artifacts(self, prefix: str, context: Mapping[str, str]) -> Sequence[str]:
        """Ids of the newest artifacts."""

        async def fetch(repository: Repository) -> Sequence[str]:
            return [str(integer(row, "id")) for row in (await repository.recent_artifacts(_RECENT)).rows]

        return await self._from("artifacts", fetch, prefix, context)

    async def environments(self, prefix: str, context: Mapping[str, str]) -> Sequence[str]:
        """Environments of the newest deployments."""

        async def fetch(repository: Repository) -> Sequence[str]:
            rows = await repository.deployments({}, page=1, per_page=_RECENT)
            return list(dict.fromkeys(text(row, "environment") for row in rows))

        return await self._from("environments", fetch, prefix, context)

    async def _from(
        self,
        what: str,
        fetch: Callable[[Repository], Awaitable[Sequence[str]]],
        prefix: str,
        context: Mapping[str, str],
    ) -> Sequence[str]:
        owner, name = context.get("owner", ""), context.get("repo", "")
        full = f"{owner}/{name}" if owner and name else name
        repository = self._repositories.get(RepositoryName.parse(full) if full else None)
        key = (what, repository.full_name)
        now = self._clock()
        expires, values = self._kept.get(key, (0.0, ()))
        if expires <= now:
            values = await fetch(repository)
            while len(self._kept) >= _MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = (now + _KEEP, values)
        return _beginning(prefix, values)


def _beginning(prefix: str, values: Sequence[str]) -> list[str]:
    lowered = prefix.lower()
    return [value for value in dict.fromkeys(values) if value.lower().startswith(lowered)]
