"""Notifications in Postgres."""
