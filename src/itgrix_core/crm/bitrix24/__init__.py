"""Bitrix24 over REST."""
