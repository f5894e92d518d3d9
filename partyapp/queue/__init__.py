"""Which films follow in a party: items, votes, and the order in which they play."""
