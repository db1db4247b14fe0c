"""The hub's own connector, there without being installed or configured."""
