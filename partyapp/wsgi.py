"""The WSGI application. `wsgi.py` of a checkout hands it on; an installed Procfile runs beside it."""

import os

from partyapp.app import create_app
from partyapp.shared.ops.logs import configure_logs
from partyapp.shared.ops.settings import Settings
from partyapp.shared.ops.settings_shown import say_start

configure_logs(os.environ.get("PARTY_ENV") or "production", os.environ.get("PARTY_LOG_LEVEL") or "INFO")
_settings = Settings.from_environment()
say_start("web", _settings, os.environ)
app = create_app(_settings)
