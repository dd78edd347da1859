"""Events and verdicts → commands for a CRM. Quiet."""
