"""The WSGI entry point: `gunicorn --config python:partyapp.gunicorn_conf partyapp.wsgi:app`."""

import os

from partyapp.app import create_app
from partyapp.shared.logs import configure_logs

configure_logs(os.environ.get("PARTY_ENV") or "production", os.environ.get("PARTY_LOG_LEVEL") or "INFO")
app = create_app()
