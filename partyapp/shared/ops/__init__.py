"""What an operator sets and sees: settings, logs, metrics, limits, the task queue and its workers."""
