"""From entry points to connectors, each with a state and a reason."""
