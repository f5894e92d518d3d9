"""What a person may do in a party's chat, on ports."""
