"""The query language of Jira: reading, checking and evaluating it."""
