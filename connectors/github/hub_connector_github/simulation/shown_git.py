"""Commits, comparisons, branches, releases, files and pull requests as the REST API writes them."""

from collections.abc import Sequence
from typing import Any

from hub_connector_github.simulation.accounts import ACTIONS_BOT, node_id
from hub_connector_github.simulation.api import utc
from hub_connector_github.simulation.noise import sha1_like
from hub_connector_github.simulation.repository import Commit, FileChange, PullRequest, Tag
from hub_connector_github.simulation.shown import Shown, pull_id, tree_of

_MOST_FILES = 300


class ShownGit(Shown):
    """Writes what is in the git repository."""

    def commit(self, commit: Commit, *, detailed: bool = False) -> dict[str, Any]:
        """A "Commit"; with its files and their numbers where one alone is asked for."""
        url, page = f"{self.repo_url}/commits/{commit.sha}", f"{self.repo_page}/commit/{commit.sha}"
        person = {"name": commit.author.name, "email": commit.author.email, "date": utc(commit.at)}
        shown: dict[str, Any] = {
            "sha": commit.sha,
            "node_id": node_id("C", commit.sha),
            "commit": {
                "author": person,
                "committer": person,
                "message": commit.message,
                "tree": {"sha": tree_of(commit), "url": f"{self.repo_url}/git/trees/{tree_of(commit)}"},
                "url": f"{self.repo_url}/git/commits/{commit.sha}",
                "comment_count": 0,
                "verification": {
                    "verified": False,
                    "reason": "unsigned",
                    "signature": None,
                    "payload": None,
                    "verified_at": None,
                },
            },
            "url": url,
            "html_url": page,
            "comments_url": f"{url}/comments",
            "author": self.account(commit.author),
            "committer": self.account(commit.author),
            "parents": [self._parent(commit.parent)] if commit.parent else [],
        }
        if detailed:
            added = sum(file.additions for file in commit.files)
            removed = sum(file.deletions for file in commit.files)
            shown["stats"] = {"total": added + removed, "additions": added, "deletions": removed}
            shown["files"] = [self.changed_file(file, commit.sha) for file in commit.files]
        return shown

    def _parent(self, sha: str) -> dict[str, str]:
        return {"sha": sha, "url": f"{self.repo_url}/commits/{sha}", "html_url": f"{self.repo_page}/commit/{sha}"}

    def changed_file(self, file: FileChange, sha: str) -> dict[str, Any]:
        """A "Diff Entry"."""
        return {
            "sha": sha1_like("blob", file.path, sha),
            "filename": file.path,
            "status": file.status,
            "additions": file.additions,
            "deletions": file.deletions,
            "changes": file.additions + file.deletions,
            "blob_url": f"{self.repo_page}/blob/{sha}/{file.path}",
            "raw_url": f"{self.repo_page}/raw/{sha}/{file.path}",
            "contents_url": f"{self.repo_url}/contents/{file.path}?ref={sha}",
            "patch": file.patch,
        }

    def comparison(
        self,
        base: Commit,
        head: Commit,
        merge_base: Commit,
        page: Sequence[Commit],
        ahead: int,
        behind: int,
        *,
        files: Sequence[Commit],
    ) -> dict[str, Any]:
        """A "Commit Comparison".

        Args:
            base: What is compared with.
            head: What is compared.
            merge_base: The last commit they share.
            page: The commits to show.
            ahead: How many commits head has more.
            behind: How many commits base has more.
            files: The commits whose files are shown.
        """
        name = f"{base.sha}...{head.sha}"
        status = ("diverged" if behind else "ahead") if ahead else ("behind" if behind else "identical")
        changed = {file.path: file for commit in files for file in commit.files}
        return {
            "url": f"{self.repo_url}/compare/{name}",
            "html_url": f"{self.repo_page}/compare/{name}",
            "permalink_url": f"{self.repo_page}/compare/{name}",
            "diff_url": f"{self.repo_page}/compare/{name}.diff",
            "patch_url": f"{self.repo_page}/compare/{name}.patch",
            "base_commit": self.commit(base),
            "merge_base_commit": self.commit(merge_base),
            "status": status,
            "ahead_by": ahead,
            "behind_by": behind,
            "total_commits": ahead,
            "commits": [self.commit(commit) for commit in page],
            "files": [self.changed_file(file, head.sha) for file in list(changed.values())[:_MOST_FILES]],
        }

    def short_branch(self, name: str, commit: Commit) -> dict[str, Any]:
        """A "Short Branch"."""
        named = {"sha": commit.sha, "url": f"{self.repo_url}/commits/{commit.sha}"}
        return {"name": name, "commit": named, "protected": name == "main"}

    def branch(self, name: str, commit: Commit) -> dict[str, Any]:
        """A "Branch With Protection"."""
        return {
            "name": name,
            "commit": self.commit(commit),
            "_links": {"self": f"{self.repo_url}/branches/{name}", "html": f"{self.repo_page}/tree/{name}"},
            "protected": name == "main",
            "protection": {
                "enabled": name == "main",
                "required_status_checks": {"enforcement_level": "off", "contexts": [], "checks": []},
            },
            "protection_url": f"{self.repo_url}/branches/{name}/protection",
        }

    def tag(self, tag: Tag) -> dict[str, Any]:
        """A "Tag"."""
        return {
            "name": tag.name,
            "zipball_url": f"{self.repo_url}/zipball/refs/tags/{tag.name}",
            "tarball_url": f"{self.repo_url}/tarball/refs/tags/{tag.name}",
            "commit": {"sha": tag.sha, "url": f"{self.repo_url}/commits/{tag.sha}"},
            "node_id": node_id("REF", tag.name),
        }

    def release(self, tag: Tag) -> dict[str, Any]:
        """A "Release"."""
        identifier = 190_000_000 + int(sha1_like("release", tag.name)[:6], 16)
        url = f"{self.repo_url}/releases/{identifier}"
        return {
            "url": url,
            "assets_url": f"{url}/assets",
            "upload_url": f"{url}/assets{{?name,label}}",
            "html_url": f"{self.repo_page}/releases/tag/{tag.name}",
            "id": identifier,
            "author": self.account(ACTIONS_BOT),
            "node_id": node_id("RE", identifier),
            "tag_name": tag.name,
            "target_commitish": "main",
            "name": tag.name,
            "draft": False,
            "prerelease": False,
            "immutable": False,
            "created_at": utc(tag.at),
            "published_at": utc(tag.at),
            "assets": [],
            "tarball_url": f"{self.repo_url}/tarball/{tag.name}",
            "zipball_url": f"{self.repo_url}/zipball/{tag.name}",
            "body": "",
        }

    def ref(self, name: str, commit: Commit) -> dict[str, Any]:
        """A "Git Reference"."""
        target = {"type": "commit", "sha": commit.sha, "url": f"{self.repo_url}/git/commits/{commit.sha}"}
        return {
            "ref": name,
            "node_id": node_id("REF", name),
            "url": f"{self.repo_url}/git/{name}",
            "object": target,
        }

    def file(self, path: str, text: str) -> dict[str, Any]:
        """A "Content File" without its content."""
        url, sha = f"{self.repo_url}/contents/{path}?ref=main", sha1_like("blob", path, text)
        git, page = f"{self.repo_url}/git/blobs/{sha}", f"{self.repo_page}/blob/main/{path}"
        return {
            "name": path.rpartition("/")[2],
            "path": path,
            "sha": sha,
            "size": len(text.encode()),
            "url": url,
            "html_url": page,
            "git_url": git,
            "download_url": None,
            "type": "file",
            "_links": {"self": url, "git": git, "html": page},
        }

    def pull(self, pull: PullRequest, main: str, now: float, *, detailed: bool = False) -> dict[str, Any]:
        """A "Pull Request", or the shorter one of a list.

        Args:
            pull: Which one.
            main: Head of the branch it goes into.
            now: Unix seconds.
            detailed: Whether with its numbers.
        """
        url, page = f"{self.repo_url}/pulls/{pull.number}", f"{self.repo_page}/pull/{pull.number}"
        pushed, is_open = pull.pushed(now), pull.is_open(now)
        merged = pull.merged_at is not None and pull.merged_at <= now
        ended = None if is_open or pull.closed_at is None else utc(pull.closed_at)
        updated = pull.closed_at if not is_open and pull.closed_at else pushed[-1].at
        owner = self.name.partition("/")[0]
        shown: dict[str, Any] = {
            "url": url,
            "id": pull_id(pull.number),
            "node_id": node_id("PR", pull.number),
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "issue_url": f"{self.repo_url}/issues/{pull.number}",
            "commits_url": f"{url}/commits",
            "review_comments_url": f"{url}/comments",
            "review_comment_url": f"{self.repo_url}/pulls/comments{{/number}}",
            "comments_url": f"{self.repo_url}/issues/{pull.number}/comments",
            "statuses_url": f"{self.repo_url}/statuses/{pushed[-1].sha}",
            "number": pull.number,
            "state": "open" if is_open else "closed",
            "locked": False,
            "title": pull.title,
            "user": self.account(pull.author),
            "body": pull.body or None,
            "labels": [],
            "milestone": None,
            "active_lock_reason": None,
            "created_at": utc(pull.opened_at),
            "updated_at": utc(updated),
            "closed_at": ended,
            "merged_at": ended if merged else None,
            "merge_commit_sha": pull.merge_sha if merged else None,
            "assignee": None,
            "assignees": [],
            "requested_reviewers": [],
            "requested_teams": [],
            "draft": pull.draft,
            "head": {
                "label": f"{owner}:{pull.branch}",
                "ref": pull.branch,
                "sha": pushed[-1].sha,
                "user": self.account(pull.author),
                "repo": self.repository,
            },
            "base": {
                "label": f"{owner}:main",
                "ref": "main",
                "sha": main if is_open else pull.base_sha,
                "user": self.repository["owner"],
                "repo": self.repository,
            },
            "_links": {"self": {"href": url}, "html": {"href": page}},
            "author_association": "MEMBER",
            "auto_merge": None,
        }
        if detailed:
            files = {file.path: file for commit in pushed for file in commit.files}.values()
            shown |= {
                "merged": merged,
                "mergeable": True if is_open else None,
                "mergeable_state": "unknown" if not is_open else "draft" if pull.draft else "clean",
                "merged_by": self.account(pull.author) if merged else None,
                "comments": 0,
                "review_comments": 0,
                "maintainer_can_modify": False,
                "commits": len(pushed),
                "additions": sum(file.additions for file in files),
                "deletions": sum(file.deletions for file in files),
                "changed_files": len(files),
            }
        return shown
