"""Films on the running service: from bytes to what is played."""
