"""`party up`: the whole of Party on one machine, with nothing installed before but Python.

The room starts the processes that the Procfile names, brings a real PostgreSQL and a real Valkey where no
address of such a server is given, watches over all of them, and leaves nothing behind when it is stopped.
"""
