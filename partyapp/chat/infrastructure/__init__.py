"""The chat's tables in Postgres."""
