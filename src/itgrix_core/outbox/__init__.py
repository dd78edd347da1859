"""Durable delivery: lanes of jobs, the journal of effects, and what plugins remember."""
