"""A context of its own, added to the service without a change of it: a durable command over REST and over the
socket, a table, and a message between processes. `test_another_context` runs it as real processes.
"""
