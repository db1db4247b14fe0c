"""The way of a call: find, authorize, validate, approve, limit, run, shape, with audit around them all."""
