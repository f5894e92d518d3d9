"""PartySessionService: the adapter behind `PartySessionPort`, on one Postgres transaction."""

from collections.abc import Sequence
from enum import Enum
from uuid import UUID

from sqlalchemy import cast, exists, func, insert, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from partyapp.party import contract
from partyapp.party.application.ports import Attendance, ConcurrentChange
from partyapp.party.contract import PartyEvent
from partyapp.party.domain.errors import PartyNotFound
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.entities import PartyEventEntity, SyncedPartySessionEntity
from partyapp.shared.storage.failing_work import FailingWorkEntity

#: How long after its creation a party's host may take to connect, in ms, before upkeep looks.
FIRST_LOOK_MS = 60_000.0

#: The name under which upkeep's failures are counted.
UPKEEP = "upkeep"


class Lock(Enum):
    """How a party's row is read: without a lock, with one, or with one if nobody else has it."""

    NONE = "none"
    WAIT = "wait"
    NO_WAIT = "no_wait"


#: The room of advisory locks in which hosts are counted.
_HOSTS = 0x686F7374


class PartySessionService:
    """Keeps parties in Postgres: compare-and-set on the revision, or a row lock where one is asked for.

    With `Lock.NO_WAIT` a lock of somebody else's is raised as SQLAlchemy's `OperationalError`.

    `command_id` marks the last event of the command, so that a repeat is noticed by a unique index.
    `key_id` is the key of the server that gave the command for somebody, and the actor of its events.
    """

    def __init__(
        self,
        session: Session,
        *,
        lock: Lock = Lock.NONE,
        command_id: UUID | None = None,
        key_id: UUID | None = None,
    ) -> None:
        self._session = session
        self._lock = lock
        self._command_id = command_id
        self._key_id = key_id
        self.committed: list[tuple[SyncedPartySession, list[PartyEvent]]] = []

    def get(self, party_id: UUID) -> SyncedPartySession:
        """The party. Raises `PartyNotFound`."""
        statement = select(SyncedPartySessionEntity).where(SyncedPartySessionEntity.id == party_id)
        if self._lock is not Lock.NONE:
            statement = statement.with_for_update(nowait=self._lock is Lock.NO_WAIT)
        row = self._session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
        if row is None:
            raise PartyNotFound()
        return SyncedPartySession.reconstitute(mapping.state_of(row))

    def add(self, session: SyncedPartySession) -> None:
        """Insert the party and its first events."""
        columns = mapping.session_columns(session.state, session.state.created_at_ms + FIRST_LOOK_MS)
        self._session.execute(insert(SyncedPartySessionEntity).values(**columns))
        self._insert_events(session)

    def save(self, session: SyncedPartySession) -> None:
        """Update the row at the revision it was decided on. Raises `ConcurrentChange`."""
        state = session.state
        columns = mapping.changing_columns(state)
        happened = {event.type for event in session.events}
        if contract.VIDEO_CHANGED in happened:
            columns |= mapping.video_columns(state.video)
        elif contract.VIDEO_DURATION_KNOWN in happened:
            # Only these: what else is shown of the video may have changed since the party was read.
            length = cast({"duration_s": state.video.duration_s}, JSONB)
            columns |= {
                "video": SyncedPartySessionEntity.video.concat(length),
                "video_duration_by": state.video.duration_by,
            }
        if happened & {contract.PARTY_SESSION_CHANGED, contract.INVITE_CODE_CHANGED}:
            columns |= mapping.settings_columns(state)
        decided_on = state.revision - len(session.events)
        statement = (
            update(SyncedPartySessionEntity)
            .where(SyncedPartySessionEntity.id == state.id, SyncedPartySessionEntity.revision == decided_on)
            .values(**columns)
            .execution_options(synchronize_session=False)
            .returning(SyncedPartySessionEntity.id)
        )
        if self._session.execute(statement).first() is None:
            raise ConcurrentChange()
        self._insert_events(session)

    def hosted_by(self, user_id: UUID) -> int:
        """How many active parties the person hosts; holds an advisory lock on that number until the end."""
        self._session.execute(select(func.pg_advisory_xact_lock(_HOSTS, func.hashtext(str(user_id)))))
        entity = SyncedPartySessionEntity
        count = select(func.count()).where(entity.host_id == user_id, entity.status == "active")
        return self._session.scalar(count) or 0

    def running_past_end(self, now_ms: float, limit: int) -> Sequence[UUID]:
        """Active parties whose video has run out at `now_ms`."""
        ends = SyncedPartySessionEntity.playback_ends_at_ms
        return self._due(now_ms, ends <= now_ms, ends, limit)

    def unattended(self, now_ms: float, limit: int) -> Sequence[UUID]:
        """Active parties whose host lease has run out at `now_ms`."""
        until = SyncedPartySessionEntity.attended_until_ms
        return self._due(now_ms, until <= now_ms, until, limit)

    def attendance(self, party_id: UUID) -> Attendance:
        """What is stored of who was there."""
        entity = SyncedPartySessionEntity
        columns = select(entity.attended_until_ms, entity.empty_since_ms, entity.visited)
        row = self._session.execute(columns.where(entity.id == party_id)).one()
        return Attendance(
            attended_until_ms=row.attended_until_ms, empty_since_ms=row.empty_since_ms, visited=row.visited
        )

    def schedule_upkeep(
        self, party_id: UUID, at_ms: float, empty_since_ms: float | None, *, visited: bool
    ) -> None:
        """Don't list the party as unattended before `at_ms`."""
        entity = SyncedPartySessionEntity
        self._session.execute(
            update(entity)
            .where(entity.id == party_id)
            .values(
                attended_until_ms=at_ms,
                empty_since_ms=empty_since_ms,
                visited=True if visited else entity.visited,
            )
            .execution_options(synchronize_session=False)
        )

    def _due(self, now_ms: float, condition: object, order: object, limit: int) -> Sequence[UUID]:
        failing = FailingWorkEntity
        moved_back = exists().where(
            failing.task == UPKEEP,
            failing.subject_id == SyncedPartySessionEntity.id,
            failing.not_before_ms > now_ms,
        )
        statement = (
            select(SyncedPartySessionEntity.id)
            .where(SyncedPartySessionEntity.status == "active", condition, ~moved_back)  # type: ignore[arg-type]
            .order_by(order)  # type: ignore[arg-type]
            .limit(limit)
        )
        return list(self._session.scalars(statement))

    def _insert_events(self, session: SyncedPartySession) -> None:
        events = [mapping.recorded(event, self._key_id) for event in session.events]
        last = len(events) - 1
        rows = [
            mapping.event_columns(event, self._command_id if number == last else None)
            for number, event in enumerate(events)
        ]
        self._session.execute(insert(PartyEventEntity), rows)
        self.committed.append((session, events))
