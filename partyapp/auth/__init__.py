"""Who is asking: guests, and tokens of an outside identity provider."""
