"""What must be reachable for a web process to be ready: one table, which is probed and described alike."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from partyapp.bootstrap import Resources
from partyapp.shared.http.health import Check
from partyapp.shared.storage import database


@dataclass(frozen=True, kw_only=True)
class ReadinessCheck:
    """A part that is checked under this name; `about` says what it is.

    `probe` gives what raises when the part is not reachable. Of an `optional` part it gives None where the
    deployment has none, and then an answer doesn't name it.
    """

    name: str
    about: str
    probe: Callable[[Resources], Check | None]
    optional: bool = False


def _live_redis(resources: Resources) -> Check | None:
    settings = resources.settings
    return resources.live.ping if settings.live_redis_url != settings.redis_url else None


READINESS_CHECKS = (
    ReadinessCheck(
        name="postgres",
        about="The database.",
        probe=lambda resources: partial(database.ping, resources.engine),
    ),
    ReadinessCheck(name="redis", about="Redis.", probe=lambda resources: resources.redis.ping),
    ReadinessCheck(
        name="live_redis",
        about="The Redis of the live channels, where it is a server of its own.",
        probe=_live_redis,
        optional=True,
    ),
    ReadinessCheck(
        name="worker",
        about="A worker that was heard of lately.",
        probe=lambda resources: resources.workers.check,
    ),
)


def readiness_checks(resources: Resources) -> dict[str, Check]:
    """The checks of this deployment by name."""
    found = {check.name: check.probe(resources) for check in READINESS_CHECKS}
    return {name: check for name, check in found.items() if check is not None}
