"""Prompts that work with Jira alone."""


def triage_issue(namespace: str, key: str) -> str:
    """Judge a new report."""
    return f"""Triage {key} in Jira. Change nothing until I agree.

1. Read it: `{namespace}_get_issue` with include fields, description, comments, links, attachments. Read logs and
   screenshots with `{namespace}_read_attachment`.
2. Look for duplicates and related reports: `{namespace}_search` with the error's exact words (`text ~ "..."`), the
   component, and the last 30 days.
3. See what the project expects: `{namespace}_find_projects` with its key, `{namespace}_find_fields` with project
   and type.
4. Tell me: what is broken and for whom, how sure you are, severity and priority with the reason, the component, who
   should have it (`{namespace}_find_users`), duplicates, and what is missing from the report.
5. Propose the exact changes (fields, links, a comment that asks for what is missing). Quote what you rely on.
"""


def sprint_health(namespace: str, board: str) -> str:
    """Say how a sprint stands."""
    return f"""How is the active sprint of board {board} doing?

1. `{namespace}_list_sprints` with board={board}, state=active gives its id and dates.
2. `{namespace}_search` with `sprint = <id>` and the fields status, assignee, Story Points, priority, updated; count
   with count_only for `sprint = <id> AND statusCategory = Done`, and for the others.
3. Find what is stuck: `sprint = <id> AND statusCategory = "In Progress" AND updated < -3d`, blocked issues
   (`{namespace}_get_issue` with include links), and what came in after the start:
   `sprint = <id> AND created > "<start>"`.
4. Answer in ten lines at most: days left, done and open in issues and points, what is at risk and why (with keys),
   what was added, who has too much, and the one thing to decide today. Give numbers only from the results.
"""


def postmortem(namespace: str, key: str) -> str:
    """Write up an incident."""
    return f"""Write a blameless postmortem of {key} from what Jira knows.

1. `{namespace}_get_issue` with include fields, description, comments, changelog, links, attachments, development;
   read on with skip until you have it all. Read attached logs with `{namespace}_read_attachment`.
2. Read the linked issues the same way; search for earlier ones like it (`text ~ "..." AND created < "<its date>"`).
3. Write: summary in three sentences; impact with numbers and their source; timeline in UTC, each entry with where
   it is from; cause and what contributed; what went well; actions, each with an owner role and a check that it is
   done.
4. List what you could not find out. Say nothing that no source says. Then offer to create the actions as issues
   linked to {key}, checking each with validate_only first.
"""
