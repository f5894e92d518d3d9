"""Ports: what is the fakes in memory do what their originals in Postgres do."""
