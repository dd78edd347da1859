"""The configuration: schema, loading with all mistakes at once, printing."""
