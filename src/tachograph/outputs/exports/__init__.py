"""Files on request."""
