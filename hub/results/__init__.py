"""Shaping of results: content, tables, truncation, and the store behind hub://results."""
