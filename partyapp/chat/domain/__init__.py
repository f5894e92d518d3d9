"""The rules of talk: what a message may hold, what a reaction is, and why somebody may not write."""
