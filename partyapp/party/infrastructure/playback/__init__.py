"""Scheduling, clocks, presence and the broadcast to a room."""
