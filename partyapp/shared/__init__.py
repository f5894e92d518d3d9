"""What every context stands on: ids, clock, errors, settings, connections, problem+json."""
