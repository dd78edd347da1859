"""What Acme does for its customers with Itgrix."""
