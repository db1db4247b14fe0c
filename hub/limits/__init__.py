"""How often: quotas for clients, tools and connectors, and each connector's bulkhead."""
