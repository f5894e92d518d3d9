"""From party events to people: each member's unread list."""
