"""Bytes ↔ messages. Quiet: no I/O."""
