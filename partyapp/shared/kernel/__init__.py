"""What everything stands on and imports nothing of ours: ids, clock, errors, bounds."""
