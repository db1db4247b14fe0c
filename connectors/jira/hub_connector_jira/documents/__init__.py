"""Rich text: Markdown for agents, Atlassian's document format for Cloud, wiki markup for Data Center."""
