"""Durable commands for any context: a row before a task, and its outcome."""
