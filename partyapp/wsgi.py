"""The WSGI application. `wsgi.py` of a checkout hands it on; an installed Procfile runs beside it."""

import os

from partyapp.shared.ops.logs import configure_logs
from partyapp.shared.ops.settings import Settings
from partyapp.shared.ops.settings_shown import say_start
from partyapp.shared.ops.telemetry import start_telemetry

configure_logs(os.environ.get("PARTY_ENV") or "production", os.environ.get("PARTY_LOG_LEVEL") or "INFO")
_settings = Settings.from_environment()
say_start("web", _settings, os.environ)
# gunicorn has forked by now, and what is traced is not imported yet.
start_telemetry("web", trusts_callers=_settings.trusted_hops > 0)

from partyapp.app import create_app  # noqa: E402

app = create_app(_settings)
