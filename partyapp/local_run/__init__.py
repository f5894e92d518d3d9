"""Runs the whole of Party on one machine: `party up`.

The processes are those of the Procfile, so that there is one definition of them. They are looked after
by supervisord; PostgreSQL and Valkey come from wheels unless a URL says where the servers are.
Nothing in this package is needed where a platform starts the processes itself.
"""
