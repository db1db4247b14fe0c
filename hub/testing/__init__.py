"""The test kit for connector authors."""
