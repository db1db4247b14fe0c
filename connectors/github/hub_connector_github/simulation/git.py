"""Commits, branches, tags, comparisons, pull requests, check runs and files of the simulated REST API.

GitHub's description of Actions has the shapes of a commit and of a branch; everything else here is modelled on its
documentation (https://docs.github.com/en/rest).
"""

import base64
from typing import Any

from hub_connector_github.simulation.actions import REPO, created_range
from hub_connector_github.simulation.api import Answer, Call, Endpoint, invalid, not_found
from hub_connector_github.simulation.repository import Commit, PullRequest
from hub_connector_github.simulation.shown_git import ShownGit
from hub_connector_github.simulation.workflows import WORKFLOWS
from hub_connector_github.simulation.world import World


class GitReads:
    """What can be read of the git repository and its pull requests.

    Args:
        world: Where they are.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    def endpoints(self) -> list[Endpoint]:
        """The paths it answers."""
        contents = {
            f"{REPO}/commits": self.commits,
            f"{REPO}/compare/{{basehead:path}}": self.compare,
            f"{REPO}/branches": self.branches,
            f"{REPO}/branches/{{branch:path}}": self.branch,
            f"{REPO}/tags": self.tags,
            f"{REPO}/releases": self.releases,
            f"{REPO}/releases/latest": self.latest_release,
            f"{REPO}/releases/tags/{{tag}}": self.release,
            f"{REPO}/git/ref/{{ref:path}}": self.ref,
            f"{REPO}/contents/{{path:path}}": self.contents,
        }
        pulls = {
            f"{REPO}/commits/{{ref:path}}/pulls": self.pulls_of_commit,
            f"{REPO}/pulls": self.pulls,
            f"{REPO}/pulls/{{number:int}}": self.pull,
            f"{REPO}/pulls/{{number:int}}/commits": self.pull_commits,
            f"{REPO}/pulls/{{number:int}}/files": self.pull_files,
        }
        return [
            *(
                Endpoint(method="GET", path=path, handler=one, needs="contents=read")
                for path, one in contents.items()
            ),
            *(
                Endpoint(method="GET", path=path, handler=one, needs="pull_requests=read")
                for path, one in pulls.items()
            ),
        ]

    def last_endpoints(self) -> list[Endpoint]:
        """Paths that would hide longer ones if they came before them."""
        path = f"{REPO}/commits/{{ref:path}}"
        return [Endpoint(method="GET", path=path, handler=self.commit, needs="contents=read")]

    # Commits

    def commits(self, call: Call) -> Answer:
        """List commits."""
        head = self._resolved(call, call.query.get("sha") or self._world.repository.default_branch)
        found = list(self._world.repository.history(head.sha))
        if path := call.query.get("path"):
            found = [one for one in found if any(file.path.startswith(path) for file in one.files)]
        if author := call.query.get("author"):
            found = [one for one in found if author.lower() in (one.author.login.lower(), one.author.email)]
        if since := call.query.get("since"):
            found = [one for one in found if one.at >= created_range(since)[0]]
        if until := call.query.get("until"):
            found = [one for one in found if one.at <= created_range(until)[1]]
        page, headers = call.page(found)
        return Answer([self._shown(call).commit(one) for one in page], headers=headers)

    def commit(self, call: Call) -> Answer:
        """Get a commit, or only its SHA-1 for `application/vnd.github.sha`."""
        commit = self._world.repository.resolve(call.path["ref"], call.now)
        if commit is None:
            invalid(f"No commit found for SHA: {call.path['ref']}")
        if "application/vnd.github.sha" in call.headers.get("accept", ""):
            return Answer(commit.sha.encode(), headers={"Content-Type": "application/vnd.github.sha"})
        return Answer(self._shown(call).commit(commit, detailed=True))

    def compare(self, call: Call) -> Answer:
        """Compare two commits: `BASE...HEAD`, each a branch, a tag or a SHA-1."""
        base_ref, dots, head_ref = call.path["basehead"].partition("...")
        if not dots:
            not_found()
        base, head = (self._resolved(call, ref.rpartition(":")[2]) for ref in (base_ref, head_ref))
        merge_base, ahead, behind = self._world.repository.between(base, head)
        page, headers = call.page(ahead)
        shown = self._shown(call)
        return Answer(
            shown.comparison(base, head, merge_base, list(page), len(ahead), len(behind), files=ahead),
            headers=headers,
        )

    # Refs

    def branches(self, call: Call) -> Answer:
        """List branches."""
        page, headers = call.page(sorted(self._world.repository.branches(call.now).items()))
        shown = [self._shown(call).short_branch(name, commit) for name, commit in page]
        return Answer(shown, headers=headers)

    def branch(self, call: Call) -> Answer:
        """Get a branch."""
        name = call.path["branch"]
        commit = self._world.repository.branches(call.now).get(name)
        if commit is None:
            not_found()
        return Answer(self._shown(call).branch(name, commit))

    def tags(self, call: Call) -> Answer:
        """List repository tags, newest first."""
        page, headers = call.page([tag for tag in reversed(self._world.repository.tags) if tag.at <= call.now])
        return Answer([self._shown(call).tag(tag) for tag in page], headers=headers)

    def releases(self, call: Call) -> Answer:
        """List releases, newest first."""
        page, headers = call.page([tag for tag in reversed(self._world.repository.tags) if tag.at <= call.now])
        return Answer([self._shown(call).release(tag) for tag in page], headers=headers)

    def latest_release(self, call: Call) -> Answer:
        """Get the latest release."""
        found = [tag for tag in self._world.repository.tags if tag.at <= call.now]
        return Answer(self._shown(call).release(found[-1])) if found else not_found()

    def release(self, call: Call) -> Answer:
        """Get a release by tag name."""
        found = [tag for tag in self._world.repository.tags if tag.at <= call.now and tag.name == call.path["tag"]]
        return Answer(self._shown(call).release(found[0])) if found else not_found()

    def ref(self, call: Call) -> Answer:
        """Get a reference: `heads/BRANCH` or `tags/TAG`."""
        kind, _, name = call.path["ref"].partition("/")
        commit = self._world.repository.resolve(name, call.now) if kind in ("heads", "tags") else None
        if commit is None or commit.sha.startswith(name):
            not_found()
        return Answer(self._shown(call).ref(f"refs/{kind}/{name}", commit))

    # Files

    def contents(self, call: Call) -> Answer:
        """Get repository content; only the workflow files are there."""
        ref = call.query.get("ref")
        if ref and self._world.repository.resolve(ref, call.now) is None:
            not_found()
        path = call.path["path"].strip("/")
        shown = self._shown(call)
        if path == ".github/workflows":
            return Answer([shown.file(one.path, one.text) for one in WORKFLOWS])
        found = next((one for one in WORKFLOWS if one.path == path), None)
        if found is None:
            not_found()
        if ".raw" in call.headers.get("accept", ""):
            headers = {"Content-Type": "application/vnd.github.raw+json; charset=utf-8"}
            return Answer(found.text.encode(), headers=headers)
        content = base64.encodebytes(found.text.encode()).decode()
        return Answer({**shown.file(found.path, found.text), "content": content, "encoding": "base64"})

    # Pull requests

    def pulls(self, call: Call) -> Answer:
        """List pull requests, newest first."""
        query = call.query
        found = [pull for pull in self._world.repository.pull_requests.values() if pull.opened_at <= call.now]
        state = query.get("state", "open")
        if state != "all":
            found = [pull for pull in found if pull.is_open(call.now) == (state == "open")]
        if head := query.get("head"):
            found = [pull for pull in found if head in (pull.branch, f"{call.path['owner']}:{pull.branch}")]
        if base := query.get("base"):
            found = [pull for pull in found if base == self._world.repository.default_branch]
        found.sort(key=lambda pull: pull.number, reverse=query.get("direction") != "asc")
        page, headers = call.page(found)
        return Answer([self._pull(call, pull) for pull in page], headers=headers)

    def pull(self, call: Call) -> Answer:
        """Get a pull request."""
        return Answer(self._pull(call, self._found_pull(call), detailed=True))

    def pull_commits(self, call: Call) -> Answer:
        """List commits on a pull request, oldest first."""
        page, headers = call.page(self._found_pull(call).pushed(call.now))
        return Answer([self._shown(call).commit(one) for one in page], headers=headers)

    def pull_files(self, call: Call) -> Answer:
        """List pull requests files."""
        pull = self._found_pull(call)
        pushed = pull.pushed(call.now)
        files = {file.path: file for commit in pushed for file in commit.files}
        page, headers = call.page(list(files.values()))
        return Answer([self._shown(call).changed_file(file, pushed[-1].sha) for file in page], headers=headers)

    def pulls_of_commit(self, call: Call) -> Answer:
        """List pull requests associated with a commit."""
        commit = self._world.repository.resolve(call.path["ref"], call.now)
        if commit is None:
            invalid(f"No commit found for SHA: {call.path['ref']}")
        page, headers = call.page(self._world.repository.pulls_of(commit.sha, call.now))
        return Answer([self._pull(call, pull) for pull in page], headers=headers)

    def _found_pull(self, call: Call) -> PullRequest:
        pull = self._world.repository.pull_requests.get(call.path["number"])
        return pull if pull and pull.opened_at <= call.now else not_found()

    def _pull(self, call: Call, pull: PullRequest, *, detailed: bool = False) -> dict[str, Any]:
        repository = self._world.repository
        main = repository.branches(call.now)[repository.default_branch].sha
        return self._shown(call).pull(pull, main, call.now, detailed=detailed)

    def _resolved(self, call: Call, ref: str) -> Commit:
        return self._world.repository.resolve(ref, call.now) or not_found()

    def _shown(self, call: Call) -> ShownGit:
        return ShownGit(call.api, call.web, self._world.story.repository)
