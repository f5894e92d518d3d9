"""Channels in Postgres, and what sends to them."""
