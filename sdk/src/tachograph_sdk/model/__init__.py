"""The nouns: no I/O, no clock, nothing outside the standard library."""
