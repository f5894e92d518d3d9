"""What can be done with videos and films."""
