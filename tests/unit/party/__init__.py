"""Unit tests of the party context."""
