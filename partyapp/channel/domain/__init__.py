"""What a channel is, and when it may be used. Pure."""
