"""Endpoints and streams in Postgres, and requests over the network."""
