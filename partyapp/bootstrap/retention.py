"""What is kept for a time only, of all contexts: one list, for upkeep and for `party prune`."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from partyapp.auth.domain import REVOKED_DAYS
from partyapp.auth.infrastructure.sessions import forgotten_people
from partyapp.bootstrap.channels import channel_store
from partyapp.bootstrap.resources import Resources
from partyapp.chat.infrastructure.retention import OldChats, delete_chats
from partyapp.commands.store import KEPT_MS
from partyapp.notification.infrastructure.notifications import PostgresNotifications
from partyapp.party.infrastructure.retention import EndedParties, ended_tokens
from partyapp.queue.infrastructure import PostgresQueues, delete_queues
from partyapp.shared.kernel.clock import DAY_MS, WallClock, monotonic_s
from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.storage.failing_work import finished_work
from partyapp.shared.storage.old_rows import Purgeable
from partyapp.transcode.application.stored_films import StoredFilmFiles
from partyapp.transcode.application.videos import RemoveVideo
from partyapp.transcode.infrastructure.old_uploads import OldUploads
from partyapp.webhook.infrastructure.dead_letters import (
    LETTERS_KEPT_DAYS,
    STREAMS_KEPT_DAYS,
    old_letters,
    old_streams,
)

log = logging.getLogger(__name__)

#: So many rows are deleted in one transaction: some ten ms.
PORTION = 1000


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What is kept, for how many days, and what of it is old by now; both None where it is for ever."""

    name: str
    days: float | None
    old: Purgeable | None


def kept_for_a_time(resources: Resources) -> list[Kept]:
    """All of it, by now."""
    now_ms, days = resources.clock.now_ms(), resources.settings.kept
    transactions = resources.transactions
    sessions, codes = resources.auth_sessions.old(WallClock().now_ms())

    def kept(name: str, days: float | None, old: Callable[[float], Purgeable]) -> Kept:
        found = None if days is None else old(now_ms - days * DAY_MS)
        return Kept(name=name, days=days, old=found)

    answers_days = KEPT_MS / DAY_MS
    return [
        kept("commands", answers_days, lambda before: resources.commands.old(before_ms=before)),
        kept("tickets", 0.0, lambda _: resources.tickets.old()),
        kept("sessions", 0.0, lambda _: sessions),
        kept("device codes", 0.0, lambda _: codes),
        kept(
            "revoked people",
            REVOKED_DAYS,
            lambda _: forgotten_people(transactions, WallClock().now_ms() - REVOKED_DAYS * DAY_MS),
        ),
        kept("used tokens", 0.0, lambda _: ended_tokens(transactions, WallClock().now_ms())),
        kept("failing work", 0.0, lambda _: finished_work(transactions, now_ms)),
        kept("queue items", answers_days, lambda before: PostgresQueues(transactions).old(before_ms=before)),
        kept(
            "notifications",
            days.notifications,
            lambda before: PostgresNotifications(transactions).old(before_ms=before),
        ),
        kept("unused channels", 1.0, lambda _: channel_store(resources).old(now_ms)),
        kept("quiet hours", 1.0, lambda _: channel_store(resources).old_people(now_ms)),
        kept("dead letters", LETTERS_KEPT_DAYS, lambda before: old_letters(transactions, before)),
        kept("webhook streams", STREAMS_KEPT_DAYS, lambda before: old_streams(transactions, before)),
        kept("chat", days.chat, lambda before: OldChats(transactions, before)),
        kept(
            "parties",
            days.parties,
            lambda before: EndedParties(transactions, before, (delete_chats, delete_queues)),
        ),
        kept("films", days.films, lambda before: _old_uploads(resources, before)),
    ]


def delete_old(old: Iterable[tuple[str, Purgeable]], most_s: float | None = None) -> dict[str, int]:
    """Delete, a portion of each in turn, until nothing is left or `most_s` have passed; returns how many.

    Where one fails, the others go on. Raises `Unavailable` without Postgres; one alone may come of rows that
    somebody else has locked.
    """
    began_s = monotonic_s()
    left, gone, counts = dict(old), 0, dict.fromkeys(dict(old), 0)
    while left:
        for name, rows in list(left.items()):
            try:
                deleted = rows.delete(PORTION)
            except Unavailable:
                gone += 1
                if gone > 1:
                    raise
                log.warning("what is old of the %s could not be deleted now", name)
                deleted = 0
            except Exception:
                # A bug in one deletion must not let the other tables grow for ever; the next run tries again.
                log.exception("what is old of the %s could not be deleted", name)
                deleted = 0
            counts[name] += deleted
            if not deleted:
                del left[name]
            if most_s is not None and monotonic_s() - began_s > most_s:
                return counts
    return counts


def _old_uploads(resources: Resources, before_ms: float) -> OldUploads:
    queues = PostgresQueues(resources.transactions)
    remove = RemoveVideo(
        videos=resources.videos, parties=resources.shown, files=StoredFilmFiles(store=resources.films)
    )

    def is_queued(video_id: UUID) -> bool:
        return any(resources.shown.is_active(party_id) for party_id in queues.parties_with(video_id))

    return OldUploads(resources.transactions, before_ms, remove, is_queued)
