"""Settings for what needs the addresses of servers and little more."""

from __future__ import annotations

from typing import Any

from partyapp.shared.ops.settings import Settings, sqlalchemy_url


def settings(database_url: str, redis_url: str, **others: Any) -> Settings:
    """Those of a test; `others` by their names in `Settings`."""
    known = {"secret_key": "k" * 32, "environment": "test"}
    return Settings(database_url=sqlalchemy_url(database_url), redis_url=redis_url, **(known | others))
