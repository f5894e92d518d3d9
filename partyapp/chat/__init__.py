"""Talk in a party: messages in an order of their own, tied to the place in the film, and reactions."""
