"""All tests of Party."""
