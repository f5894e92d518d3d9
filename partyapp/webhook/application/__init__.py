"""Registering endpoints, and delivering to them."""
