"""Others' followers and our own in one party; see `__main__`."""
