"""Commands, their handlers and the ports they need."""
