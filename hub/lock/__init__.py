"""What clients were shown when hub.toml was last locked, and what has changed since."""
