"""What holds while parts of the service die."""
