"""The simulated git repository: commits, branches, tags and pull requests, and how refs lead to commits."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from hub_connector_github.simulation.accounts import Account

_SHORTEST_SHA = 7
_SHA = re.compile(r"[0-9a-f]{7,40}")


@dataclass(frozen=True, kw_only=True)
class FileChange:
    """One file in a commit.

    Attributes:
        status: `added`, `modified` or `removed`.
        patch: Unified diff without the file header.
    """

    path: str
    patch: str
    status: str = "modified"

    @property
    def additions(self) -> int:
        """Lines added."""
        return sum(line.startswith("+") for line in self.patch.splitlines())

    @property
    def deletions(self) -> int:
        """Lines removed."""
        return sum(line.startswith("-") for line in self.patch.splitlines())


@dataclass(frozen=True, kw_only=True)
class Commit:
    """A commit; its history is a line, since pull requests are squashed.

    Attributes:
        parent: SHA-1 of the commit before; empty for the first one.
        at: Unix seconds.
        pull_request: Number of the pull request it belongs to; 0 for none.
    """

    sha: str
    parent: str
    message: str
    author: Account
    at: int
    files: tuple[FileChange, ...]
    pull_request: int = 0

    @property
    def title(self) -> str:
        """First line of the message."""
        return self.message.partition("\n")[0]


@dataclass(frozen=True, kw_only=True)
class PullRequest:
    """A pull request and the commits pushed to its branch, each by a push of its own.

    Attributes:
        commits: Oldest first.
        opened_at: Unix seconds.
        merged_at: Unix seconds; None if it is not merged.
        merge_sha: The squashed commit on main; empty if it is not merged.
        closed_at: Unix seconds; None while it is open.
    """

    number: int
    title: str
    body: str
    branch: str
    author: Account
    commits: tuple[Commit, ...]
    opened_at: int
    merged_at: int | None = None
    merge_sha: str = ""
    closed_at: int | None = None
    draft: bool = False

    @property
    def base_sha(self) -> str:
        """Where its branch left main."""
        return self.commits[0].parent

    def pushed(self, now: float) -> tuple[Commit, ...]:
        """The commits that are there by now."""
        return tuple(commit for commit in self.commits if commit.at <= now)

    def is_open(self, now: float) -> bool:
        """Whether it is neither merged nor closed by now."""
        return self.closed_at is None or self.closed_at > now


@dataclass(frozen=True, kw_only=True)
class Tag:
    """A release tag.

    Attributes:
        at: When it was made, in unix seconds.
    """

    name: str
    sha: str
    at: int


class Repository:
    """Commits by their names.

    Args:
        main: The commits of main, oldest first.
        pull_requests: All of them.
        tags: Release tags, oldest first.
    """

    default_branch = "main"

    def __init__(self, main: Iterable[Commit], pull_requests: Iterable[PullRequest], tags: Iterable[Tag]) -> None:
        self.main = tuple(main)
        self.pull_requests: Mapping[int, PullRequest] = {pull.number: pull for pull in pull_requests}
        self.tags = tuple(tags)
        self.commits: dict[str, Commit] = {commit.sha: commit for commit in self.main}
        for pull in self.pull_requests.values():
            self.commits.update((commit.sha, commit) for commit in pull.commits)

    def branches(self, now: float) -> dict[str, Commit]:
        """The head of every branch; those of merged pull requests are deleted."""
        heads = {self.default_branch: [commit for commit in self.main if commit.at <= now][-1]}
        for pull in self.pull_requests.values():
            if pull.is_open(now) and (pushed := pull.pushed(now)):
                heads[pull.branch] = pushed[-1]
        return heads

    def resolve(self, ref: str, now: float) -> Commit | None:
        """The commit that a branch, a tag, a pull request's ref or a SHA-1 (also a short one) means."""
        short = ref.removeprefix("refs/").removeprefix("heads/").removeprefix("tags/")
        if short in (heads := self.branches(now)):
            return heads[short]
        for tag in self.tags:
            if tag.name == short and tag.at <= now:
                return self.commits[tag.sha]
        if short.startswith("pull/"):
            number = short.split("/")[1]
            pull = self.pull_requests.get(int(number)) if number.isascii() and number.isdigit() else None
            return pull.pushed(now)[-1] if pull and pull.opened_at <= now else None
        if not _SHA.fullmatch(short):
            return None
        found = [commit for sha, commit in self.commits.items() if sha.startswith(short) and commit.at <= now]
        return found[0] if len(found) == 1 else None

    def history(self, sha: str) -> Iterator[Commit]:
        """The commit and all before it, newest first."""
        while sha in self.commits:
            commit = self.commits[sha]
            yield commit
            sha = commit.parent

    def between(self, base: Commit, head: Commit) -> tuple[Commit, list[Commit], list[Commit]]:
        """The merge base, what head has more (oldest first), and what base has more."""
        of_base = {commit.sha: commit for commit in self.history(base.sha)}
        ahead: list[Commit] = []
        for commit in self.history(head.sha):
            if commit.sha in of_base:
                of_head = {one.sha for one in self.history(head.sha)}
                behind = [one for one in of_base.values() if one.sha not in of_head]
                return commit, ahead[::-1], behind
            ahead.append(commit)
        raise LookupError(f"{base.sha} and {head.sha} have no common history")

    def pulls_of(self, sha: str, now: float) -> list[PullRequest]:
        """The pull requests that brought a commit or hold it."""
        return [
            pull
            for pull in self.pull_requests.values()
            if pull.opened_at <= now
            and (
                (pull.merge_sha == sha and (pull.merged_at or 0) <= now)
                or any(commit.sha == sha for commit in pull.commits)
            )
        ]
