"""Endpoints, what is sent to them, and when it is tried again. Pure."""
