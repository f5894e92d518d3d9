"""What a person may do with their channels, and how messages get to them."""
