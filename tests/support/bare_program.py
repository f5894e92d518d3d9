"""What our programs need to start, without servers behind it: for tests that run one of them alone."""

from __future__ import annotations

import os
from collections.abc import Mapping

#: Settings that each of them takes; nothing listens where they point.
SETTINGS = {
    "DATABASE_URL": "postgres://127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1",
    "PARTY_SECRET_KEY": "kD0lmV9tqvbq0iWc2Zt7yA4nq8sHx1uR",
}


def surroundings(settings: Mapping[str, str]) -> dict[str, str]:
    """An environment of these settings, and of nothing else but what finds Python."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "HOME") if name in os.environ}
    return kept | dict(settings)
