"""The street door."""
