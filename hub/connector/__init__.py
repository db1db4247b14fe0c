"""What a connector is: its base class, its declarations, its settings and its services."""
