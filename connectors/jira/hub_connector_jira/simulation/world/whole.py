"""The first content of a site, put together."""

from hub.sandbox.story import Story
from hub_connector_jira.simulation.world.backlog import add_backlog
from hub_connector_jira.simulation.world.content import INCIDENT_IDS, Content
from hub_connector_jira.simulation.world.elsewhere import add_other_projects
from hub_connector_jira.simulation.world.incident import add_incident


def content_of(story: Story) -> Content:
    """The content as the story begins."""
    content = Content(story=story)
    add_backlog(content)
    add_other_projects(content)
    content.number_from(INCIDENT_IDS)
    add_incident(content)
    return content
