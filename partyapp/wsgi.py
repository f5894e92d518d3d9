"""The WSGI application. `wsgi.py` of a checkout hands it on; an installed Procfile runs beside it."""

import os

from partyapp.app import create_app
from partyapp.shared.ops.logs import configure_logs

configure_logs(os.environ.get("PARTY_ENV") or "production", os.environ.get("PARTY_LOG_LEVEL") or "INFO")
app = create_app()
