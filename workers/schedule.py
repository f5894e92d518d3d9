"""What the beat fires, each with an expiry, so that late tasks are dropped instead of piling up."""

from typing import Any

from partyapp.shared.ops.settings import Settings
from partyapp.shared.ops.task_queue import (
    DELIVER_NOTIFICATIONS_TASK,
    DELIVER_WEBHOOKS_TASK,
    LIFECYCLE_QUEUE,
    PREPARE_FILMS_TASK,
    RELAY_QUEUE,
    TICK_QUEUE,
    TRANSCODE_QUEUE,
    WEBHOOK_QUEUE,
)


def beat_schedule(settings: Settings) -> dict[str, dict[str, Any]]:
    """The schedule. Intervals in s."""

    def every(seconds: float, task: str, queue: str, **arguments: Any) -> dict[str, Any]:
        return {
            "task": task,
            "schedule": seconds,
            "kwargs": arguments,
            "options": {"queue": queue, "expires": seconds},
        }

    return {
        "tick": every(settings.tick_interval_s, "party.tick", TICK_QUEUE),
        "sweep": every(2.0, "party.sweep", LIFECYCLE_QUEUE),
        "relay": every(1.0, "party.relay", RELAY_QUEUE),
        "films": every(2.0, PREPARE_FILMS_TASK, TRANSCODE_QUEUE),
        "webhooks": every(1.0, DELIVER_WEBHOOKS_TASK, WEBHOOK_QUEUE),
        "channels": every(1.0, DELIVER_NOTIFICATIONS_TASK, WEBHOOK_QUEUE),
        "library": every(15.0, "party.scan_library", RELAY_QUEUE),
        "remind": every(min(15.0, settings.remind_s / 4 or 15.0), "party.remind", RELAY_QUEUE),
        "forget": every(60.0, "party.forget", RELAY_QUEUE),
    }
