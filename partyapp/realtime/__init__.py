"""The live path: sockets, rooms and the bus between processes. It owns sockets and knows no SQL."""
