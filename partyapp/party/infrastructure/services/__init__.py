"""The adapters behind the ports."""
