"""The WSGI application. A checkout's `wsgi.py` hands it on; an installed package's Procfile runs beside it."""

import os

from partyapp.app import create_app
from partyapp.shared.logs import configure_logs

configure_logs(os.environ.get("PARTY_ENV") or "production", os.environ.get("PARTY_LOG_LEVEL") or "INFO")
app = create_app()
