"""Black-box tests: the real processes, spoken to by HTTP and WebSocket alone."""
