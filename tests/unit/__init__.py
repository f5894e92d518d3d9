"""Modules by themselves: no servers, no network."""
