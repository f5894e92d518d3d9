"""What must be reachable for a web process to be ready: one table, which is probed and described alike."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from partyapp.bootstrap import Resources
from partyapp.shared.http.health import Check, Degraded
from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.ops import metrics
from partyapp.shared.storage import database
from partyapp.shared.storage.failing_work import failing_counts


@dataclass(frozen=True, kw_only=True)
class ReadinessCheck:
    """A part that is checked under this name; `about` says what it is.

    Without a `vital` one a web process can't serve. `probe` gives what raises when the part is not reachable.
    Of an `optional` part it gives None where the deployment has none, and then an answer doesn't name it.
    One that `degrades` may be there with a fault that makes no process less ready than another. Where the
    check that it `needs` is missing it isn't asked, since it would wait in vain once more.
    """

    name: str
    about: str
    probe: Callable[[Resources], Check | None]
    optional: bool = False
    vital: bool = False
    degrades: bool = False
    needs: str | None = None


def _live_redis(resources: Resources) -> Check | None:
    settings = resources.settings
    return resources.live.ping if settings.live_redis_url != settings.redis_url else None


def _background_work(resources: Resources) -> None:
    found = failing_counts(resources.transactions, resources.clock.now_ms())
    if found:
        raise Degraded(", ".join(f"{task}: {count}" for task, count in sorted(found.items())))


def measured_exposition(resources: Resources) -> tuple[bytes, str]:
    """The metrics, with what fails again and again; while Postgres is gone, as that was before."""
    with suppress(Unavailable):
        metrics.count_failing_work(failing_counts(resources.transactions, resources.clock.now_ms()))
    return metrics.exposition()


READINESS_CHECKS = (
    ReadinessCheck(
        name="postgres",
        about="The database; without it nothing can be served.",
        vital=True,
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
    ReadinessCheck(
        name="background_work",
        about="Upkeep and deliveries; degraded while some of it fails again and again (see the logs).",
        probe=lambda resources: partial(_background_work, resources),
        degrades=True,
        needs="postgres",
    ),
)


def readiness_checks(resources: Resources) -> dict[str, Check]:
    """The checks of this deployment by name."""
    found = {check.name: check.probe(resources) for check in READINESS_CHECKS}
    return {name: check for name, check in found.items() if check is not None}


#: Without which of them a web process is not ready.
VITAL_CHECKS = frozenset(check.name for check in READINESS_CHECKS if check.vital)

#: Which check is not asked while another one is missing.
CHECK_NEEDS = {check.name: check.needs for check in READINESS_CHECKS if check.needs is not None}
