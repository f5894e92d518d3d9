"""The WSGI entry point of a checkout: `gunicorn --config python:partyapp.gunicorn_conf wsgi:app`."""

from partyapp.wsgi import app

__all__ = ["app"]
