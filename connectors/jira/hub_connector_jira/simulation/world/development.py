"""What the development panel of an issue shows: branches, commits, pull requests, builds and deployments."""

from typing import Any

from hub.sandbox.story import Story
from hub_connector_jira.simulation.issues import Issue
from hub_connector_jira.simulation.times import jira_time

KINDS = ("pullrequest", "branch", "repository", "build", "deployment-environment")
APPLICATION = "GitHub"


def development_of(story: Story, issue: Issue, change_key: str) -> dict[str, list[dict[str, Any]]]:
    """The entries of each kind for an issue; only the change of the story has some.

    Args:
        story: What happened.
        issue: Whose panel it is.
        change_key: Key of the issue that the bad release carries.
    """
    if issue.key != change_key:
        return {}
    release, site = story.bad_release, f"https://github.com/{story.repository}"
    branch = {"name": f"{change_key}-tax-regions", "url": f"{site}/tree/{change_key}-tax-regions"}
    merged = jira_time(round(story.after(minutes=-22).timestamp() * 1000))
    author = {"name": story.author.name, "avatar": ""}
    return {
        "pullrequest": [
            {
                "author": author,
                "id": f"#{story.pull_request}",
                "name": story.pull_request_title,
                "commentCount": 2,
                "source": {"branch": branch["name"], "url": branch["url"]},
                "destination": {"branch": "main", "url": f"{site}/tree/main"},
                "reviewers": [{"name": "Priya Natarajan", "approved": True}],
                "status": "MERGED",
                "url": f"{site}/pull/{story.pull_request}",
                "lastUpdate": merged,
                "repositoryName": story.repository,
                "repositoryUrl": site,
            }
        ],
        "branch": [
            {
                **branch,
                "createPullRequestUrl": f"{site}/compare/{branch['name']}",
                "repository": {"name": story.repository, "url": site},
            }
        ],
        "repository": [
            {
                "name": story.repository,
                "url": site,
                "commits": [
                    {
                        "id": release.commit,
                        "displayId": release.commit[:7],
                        "authorTimestamp": merged,
                        "url": f"{site}/commit/{release.commit}",
                        "author": author,
                        "fileCount": 4,
                        "merge": True,
                        "message": f"{change_key} {story.pull_request_title} (#{story.pull_request})",
                    }
                ],
            }
        ],
    }
