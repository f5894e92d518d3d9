"""Gateways: servers that speak another program's protocol, and let its users be members of a party."""
