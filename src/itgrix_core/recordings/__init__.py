"""Recordings as files: where they lie, when they are complete, what is cut out of them, what they become."""
