"""Videos and films over HTTP."""
