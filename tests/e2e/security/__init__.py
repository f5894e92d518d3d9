"""Who may do what, and what hostile input does."""
