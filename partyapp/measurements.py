"""What is asked for at a scrape, since no event of a web process tells it: what waits, and who answers."""

from contextlib import suppress

from sqlalchemy import func, select

from partyapp.bootstrap import Resources
from partyapp.channel.domain.channel import ChannelState
from partyapp.channel.infrastructure.figures import channel_figures
from partyapp.commands.record import REQUEST
from partyapp.commands.store import CommandEntity
from partyapp.party.infrastructure.entities import PartyEventEntity
from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.ops import metrics
from partyapp.shared.ops.task_queue import (
    LIFECYCLE_QUEUE,
    RELAY_QUEUE,
    TICK_QUEUE,
    TRANSCODE_QUEUE,
    WEBHOOK_QUEUE,
)
from partyapp.shared.ops.worker_metrics import WorkerMetrics
from partyapp.shared.storage.database import unavailable_when_gone
from partyapp.shared.storage.failing_work import failing_counts
from partyapp.shared.storage.redis_client import RedisGone
from partyapp.webhook.domain.endpoint import STATES
from partyapp.webhook.domain.message import FAILURES
from partyapp.webhook.infrastructure.figures import webhook_figures

#: Beyond so many rows nobody counts on: it would take longer than a scrape may.
MOST_ROWS = 20_000
_QUEUES = (LIFECYCLE_QUEUE, TICK_QUEUE, RELAY_QUEUE, TRANSCODE_QUEUE, WEBHOOK_QUEUE)


def measured_exposition(resources: Resources) -> tuple[bytes, str]:
    """The metrics, with what waits and what fails; while a server is gone, as that was before."""
    metrics.ROOT_BOUND.set(resources.clock.root_bound_ms)
    postgres = redis = 0
    with suppress(Unavailable):
        metrics.count_failing_work(failing_counts(resources.transactions, resources.clock.now_ms()))
        _count_rows(resources)
        _count_webhooks(resources)
        _count_channels(resources)
        postgres = 1
    workers = WorkerMetrics(resources.redis, resources.settings.redis_names)
    with suppress(Unavailable, *RedisGone):
        _count_tasks(resources)
        workers.read()
        redis = 1
    metrics.SERVER_UP.labels("postgres").set(postgres)
    metrics.SERVER_UP.labels("redis").set(redis)
    return metrics.exposition(workers)


def _count_rows(resources: Resources) -> None:
    """By the indexes that hold nothing but what waits."""
    event, command = PartyEventEntity, CommandEntity
    events = select(event.at_ms).where(~event.relayed).limit(MOST_ROWS).subquery()
    pending = (command.state == "pending") & (command.kind != REQUEST)
    commands = select(command.created_at_ms).where(pending).limit(MOST_ROWS).subquery()
    with unavailable_when_gone(), resources.transactions() as session:
        outbox = session.execute(select(func.count(), func.min(events.c.at_ms)).select_from(events)).one()
        waiting = session.execute(
            select(func.count(), func.min(commands.c.created_at_ms)).select_from(commands)
        ).one()
    now_ms = resources.clock.now_ms()
    for (count, oldest_ms), rows, age in (
        (outbox, metrics.OUTBOX_ROWS, metrics.OUTBOX_AGE),
        (waiting, metrics.COMMANDS_PENDING, metrics.COMMANDS_AGE),
    ):
        rows.set(count)
        age.set(0.0 if oldest_ms is None else max(0.0, (now_ms - oldest_ms) / 1000.0))


def _count_webhooks(resources: Resources) -> None:
    found = webhook_figures(resources.transactions, MOST_ROWS)
    for state in STATES:
        metrics.WEBHOOK_ENDPOINTS.labels(state).set(found.endpoints.get(state, 0))
    for kind in FAILURES:
        metrics.WEBHOOK_FAILING.labels(kind).set(found.failing.get(kind, 0))
    oldest_ms, now_ms = found.oldest_at_ms, resources.clock.now_ms()
    metrics.WEBHOOK_STREAMS.set(found.waiting)
    metrics.WEBHOOK_AGE.set(0.0 if oldest_ms is None else max(0.0, (now_ms - oldest_ms) / 1000.0))
    metrics.WEBHOOK_DEAD.set(found.dead_letters)
    for outcome, count in (("accepted", found.accepted), ("failed", found.failed)):
        metrics.WEBHOOK_MESSAGES.labels(outcome).set(count)


def _count_channels(resources: Resources) -> None:
    found = channel_figures(resources.transactions, MOST_ROWS)
    for state in ChannelState:
        metrics.NOTIFY_CHANNELS.labels(state.value).set(found.channels.get(state.value, 0))
    oldest_ms, now_ms = found.oldest_due_ms, resources.clock.now_ms()
    metrics.NOTIFY_WAITING.set(found.waiting)
    metrics.NOTIFY_AGE.set(0.0 if oldest_ms is None else max(0.0, (now_ms - oldest_ms) / 1000.0))


def _count_tasks(resources: Resources) -> None:
    """The lists in which Celery's tasks wait. Those that a worker has taken are not in them."""
    names = resources.settings.redis_names
    prefix = "" if names.is_default else f"{names.prefix}:"
    with resources.redis.pipeline(transaction=False) as pipeline:
        for queue in _QUEUES:
            pipeline.llen(prefix + queue)
        for queue, depth in zip(_QUEUES, pipeline.execute(), strict=True):
            metrics.QUEUE_DEPTH.labels(queue).set(depth)
