"""The CRMs: one contract (`adapter`), one folder each; they are strangers to the rest of the service."""
