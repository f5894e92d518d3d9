"""Modules on a real PostgreSQL and a real Valkey, and programs as real processes."""
