"""Party: an open backend for watching together."""
