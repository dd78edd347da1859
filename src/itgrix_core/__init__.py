"""Itgrix: the connector between Asterisk and CRMs."""

__version__ = "0.1.0"
