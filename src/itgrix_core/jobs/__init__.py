"""The corridor: one file, one job; the only place where the workshops meet."""
