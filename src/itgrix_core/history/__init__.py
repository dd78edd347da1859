"""CEL and CDR, read from files and databases."""
