"""What the simulated site answers, one file for each part of the REST API."""
