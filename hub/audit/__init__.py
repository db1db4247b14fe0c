"""The log that loses nothing: who asked for what, recorded before it is done, and what came of it."""
