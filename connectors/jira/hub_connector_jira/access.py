"""Whether the credential is good, for the Jira it is meant for, and reaches the projects allowed."""

from hub.plugin import InvalidRequest, NotFound, PermissionDenied
from hub_connector_jira.shapes import string
from hub_connector_jira.site import Site


async def access(site: Site) -> str:
    """Ask who the credential belongs to, what answers, and whether the projects allowed are there.

    Raises:
        InvalidRequest: The server is not of the kind the credential is for.
        PermissionDenied: A project that hub.toml allows is not to be seen.
        ConnectorError: Jira does not answer as it should.
    """
    user, server = await site.myself(), await site.server()
    kind = string(server.get("deploymentType")) or "Server"
    if (kind == "Cloud") != site.cloud:
        meant = "Jira Cloud" if site.cloud else "Jira Data Center"
        is_one = "Jira Cloud" if kind == "Cloud" else "Jira Data Center"
        hint = (
            "Cloud takes `email` and `api_token`"
            if kind == "Cloud"
            else "Data Center takes `personal_access_token`"
        )
        raise InvalidRequest(f"{site.settings.url} is {is_one}, and the credential is for {meant}", hint=hint)
    product = "Jira Cloud" if site.cloud else f"Jira Data Center {string(server.get('version'))}"
    told = f"{product} at {site.settings.url} as {string(user.get('displayName'))}"
    for key in site.scope.projects or ():
        try:
            await site.project(key)
        except NotFound:
            raise PermissionDenied(
                f"Jira shows no project {key} to {string(user.get('displayName'))}",
                hint="Is the key in `projects` right, and may the account browse the project?",
            ) from None
    return f"{told}, {site.scope.told}" if site.scope.told else told
