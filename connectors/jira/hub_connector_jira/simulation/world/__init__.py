"""The content the simulated site begins with."""
