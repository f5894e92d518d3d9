"""Durable commands for any context: a row before a task, run by a worker, its outcome kept in the row.

`dispatcher` accepts a command and waits for its outcome in a web process, `executor` runs it in a worker,
`kinds` says what kinds of commands there are, and `controllers` is the HTTP side. A kind may have a direct
path, by which the web process runs what is usual itself; its row is written done then.
"""
