"""The embedded sandbox: small services on loopback HTTP that tell one made-up story, brought by the connectors."""
