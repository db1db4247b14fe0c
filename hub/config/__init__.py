"""hub.toml: its shape, how it is read, its secret references, and edits that keep comments."""
