"""Messages between processes over Redis, on one server or on a Cluster."""
