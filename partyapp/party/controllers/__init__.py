"""REST and WebSocket in, schemas out."""
