"""The watch party: its aggregate, commands, ports and adapters."""
