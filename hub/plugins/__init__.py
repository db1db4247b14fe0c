"""What a package can add beside connectors: secret resolvers, call middlewares and audit sinks."""
