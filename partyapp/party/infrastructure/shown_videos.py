"""Which parties show a video, and telling them what has become of it."""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import String, literal_column, select, update

from partyapp.party.application.views import video_view
from partyapp.party.infrastructure.entities import PartyMemberEntity, SyncedPartySessionEntity
from partyapp.party.infrastructure.mapping import state_of, video_columns
from partyapp.party.infrastructure.video_catalogue import PartyGrants, party_video
from partyapp.shared.storage.database import Transactions, unavailable_when_gone
from partyapp.transcode.contract import VideoView

#: Of so many of somebody's parties at most the videos count as theirs to watch.
MOST_PARTIES = 1000

#: In these words, for the index is on them.
_shown_id = literal_column("synced_party_sessions.video ->> 'id'", String())

#: Tells everybody in a party what its Video is now.
TellParty = Callable[[UUID, dict[str, Any]], None]


class QueuedVideos(Protocol):
    """The films that follow in parties."""

    def videos_in(self, party_ids: Collection[UUID]) -> Collection[UUID]:
        """The films in these parties' queues."""
        ...

    def changed(self, video_id: UUID) -> None:
        """Tell the parties that have it in their queues what it is now."""
        ...

    def removed(self, video_id: UUID) -> None:
        """Take one that is gone out of all queues."""
        ...


class ShownVideos:
    """The transcode context's `VideoParties`, on the parties in Postgres, and what is queued there."""

    def __init__(
        self,
        transactions: Transactions,
        grants: PartyGrants,
        tell: TellParty,
        queued: QueuedVideos | None = None,
    ) -> None:
        self._queued = queued
        self._transactions = transactions
        self._grants = grants
        self._tell = tell

    def watched_by(self, user_id: UUID) -> frozenset[UUID]:
        """The videos of the active parties that somebody is a member of: shown, or in their queues."""
        party, member = SyncedPartySessionEntity, PartyMemberEntity
        query = (
            select(party.id, _shown_id)
            .select_from(party)
            .join(member, member.party_id == party.id)
            .where(member.user_id == user_id, member.left_at_ms.is_(None), party.status == "active")
            .limit(MOST_PARTIES)
        )
        with unavailable_when_gone(), self._transactions() as session:
            rows = session.execute(query).all()
        shown = frozenset(UUID(video_id) for _, video_id in rows)
        if self._queued is None or not rows:
            return shown
        return shown.union(self._queued.videos_in([party_id for party_id, _ in rows]))

    def is_shown(self, video_id: UUID) -> bool:
        """Whether an active party shows it."""
        query = select(self._showing(video_id).exists())
        with unavailable_when_gone(), self._transactions() as session:
            return bool(session.scalar(query))

    def is_active(self, party_id: UUID) -> bool:
        """Whether the party goes on."""
        party = SyncedPartySessionEntity
        query = select(party.id).where(party.id == party_id, party.status == "active")
        with unavailable_when_gone(), self._transactions() as session:
            return session.scalar(query) is not None

    def changed(self, view: VideoView) -> None:
        """Give the active parties that show the video what it is now, and tell their members.

        How long a party takes its film to be is left to its own event.
        """
        with unavailable_when_gone(), self._transactions() as session:
            parties = list(session.scalars(self._showing(view.id)))
        for party_id in parties:
            shown = self._keep(party_id, view)
            if shown is not None:
                self._tell(party_id, shown)
        if self._queued is not None:
            self._queued.changed(view.id)

    def removed(self, video_id: UUID) -> None:
        """A video is gone: no queue has it any more."""
        if self._queued is not None:
            self._queued.removed(video_id)

    def _keep(self, party_id: UUID, view: VideoView) -> dict[str, Any] | None:
        entity = SyncedPartySessionEntity
        with unavailable_when_gone(), self._transactions.begin() as session:
            row = session.get(entity, party_id, with_for_update=True)
            if row is None or row.status != "active" or row.video["id"] != str(view.id):
                return None
            before = state_of(row).video
            now = party_video(view, self._grants.for_party(view.id, party_id), self._grants.base)
            video = replace(now, duration_s=before.duration_s, duration_by=before.duration_by)
            columns = video_columns(video)
            session.execute(update(entity).where(entity.id == party_id).values(**columns))
            return video_view(video)

    @staticmethod
    def _showing(video_id: UUID) -> Any:
        entity = SyncedPartySessionEntity
        return select(entity.id).where(entity.status == "active", _shown_id == str(video_id))
