"""A simulated GitHub: a repository with a month of commits, runs, logs and deployments, and its REST API."""
