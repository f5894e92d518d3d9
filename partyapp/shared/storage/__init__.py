"""Postgres and Redis: connections, statements, how their failures become refusals."""
