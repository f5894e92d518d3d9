"""Webhooks: every event of a party as a signed request to the programs that were registered for it."""
