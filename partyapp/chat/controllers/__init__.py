"""The chat over HTTP and over the party's WebSocket."""
