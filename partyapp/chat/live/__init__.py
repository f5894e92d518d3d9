"""The chat's live side: what rooms are sent of it, in order, and reactions brought together."""
