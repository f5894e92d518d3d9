"""The adapters of the party context: Postgres, Redis and the live path."""
