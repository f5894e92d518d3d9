"""One WebSocket: frames, the connection and its bounded send queue."""
