"""The one way out: every request to a service passes through here."""
