"""The quality scale of connectors: its rules, what a connector claims, and what a machine can verify of it."""
