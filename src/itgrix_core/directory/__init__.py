"""Who has a number: an index of the CRM's clients that lies here, and is usable while the CRM is away."""
