"""schemathesis as its users run it, with all checks, on the whole stack; see `__main__`."""
