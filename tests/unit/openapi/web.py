"""The application as it is put together, without anything behind it: nothing connects before it is used."""

from __future__ import annotations

from functools import cache

from flask import Flask

from partyapp.app import create_app
from partyapp.shared.ops.settings import Settings


@cache
def application() -> Flask:
    return create_app(
        Settings(
            database_url="postgresql+psycopg://x/x",
            redis_url="redis://localhost:1",
            secret_key="x" * 40,
            environment="test",
        )
    )
