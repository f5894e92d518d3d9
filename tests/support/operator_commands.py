"""`party` commands as an operator runs them beside a deployment that is up."""

from __future__ import annotations

import os
import subprocess
from typing import Protocol

from tests.support.local_stack import party
from tests.support.waiting import RECOVERY_S, Unexpected


class Deployment(Protocol):
    """What is up: where its servers are, and its secret."""

    @property
    def redis_url(self) -> str: ...

    @property
    def database_url(self) -> str: ...

    @property
    def secret_key(self) -> str: ...


def run(deployment: Deployment, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it with the deployment's servers and secret, however it ends."""
    own = {
        "DATABASE_URL": deployment.database_url,
        "REDIS_URL": deployment.redis_url,
        "PARTY_SECRET_KEY": deployment.secret_key,
        "PARTY_ENV": "test",
    }
    return subprocess.run(
        party(*words),
        env={**os.environ, **own, **environment},
        capture_output=True,
        text=True,
        timeout=RECOVERY_S,
        check=False,
    )


def printed(deployment: Deployment, *words: str, **environment: str) -> str:
    """What it prints. Raises Unexpected with its errors if it fails."""
    done = run(deployment, *words, **environment)
    if done.returncode:
        raise Unexpected(done.stderr)
    return done.stdout
