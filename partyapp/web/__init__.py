"""What a browser gets: the page at its addresses, invite links that were mangled, and refusals in words."""
