"""What the service says over a socket."""
