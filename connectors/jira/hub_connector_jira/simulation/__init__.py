"""A simulated Jira Cloud and Jira Data Center: a site with projects, a workflow and issues that tell the story."""
