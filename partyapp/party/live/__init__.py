"""The live side of parties in a web process: replicas, rooms, presence, and what rooms are sent."""
