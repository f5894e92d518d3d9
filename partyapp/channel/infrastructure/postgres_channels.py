"""`ChannelPort` on Postgres, each call in a transaction of its own."""

from collections.abc import Callable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from partyapp.channel.application.channels import AlreadyThere
from partyapp.channel.application.ports import CodeOf
from partyapp.channel.domain.channel import (
    CODE_MS,
    CODES_MS,
    MOST_CHANNELS,
    MOST_CODES,
    MOST_TRIES,
    Channel,
    ChannelState,
    NewChannel,
)
from partyapp.channel.domain.quiet_hours import QuietHours
from partyapp.channel.infrastructure.entities import (
    REMOVED,
    NotifyChannelEntity,
    NotifyDeliveryEntity,
    NotifyPersonEntity,
)
from partyapp.shared.kernel.errors import QuotaExceeded, RateLimited
from partyapp.shared.storage.database import Transactions, table_of, unavailable_when_gone
from partyapp.shared.storage.old_rows import OldRows


class PostgresChannels:
    """Channels and what their people want. `per_hour` is what a person who is new here may be sent."""

    def __init__(self, transactions: Transactions, per_hour: int) -> None:
        self._transactions, self._per_hour = transactions, per_hour

    def all(self, user_id: UUID) -> list[Channel]:
        """The person's, the oldest first."""
        with unavailable_when_gone(), self._transactions() as session:
            return [channel_of(row) for row in session.scalars(_theirs(user_id))]

    def add(self, new: NewChannel) -> Channel:
        """Keep it, and have its first code sent; what is there under its id already stays."""
        channel, row = new.channel, NotifyChannelEntity
        with unavailable_when_gone(), self._transactions.begin() as session:
            # Whoever adds two at once waits here.
            self._person(session, channel.user_id, channel.created_at_ms)
            there = list(session.scalars(_theirs(channel.user_id)))
            again = next((found for found in there if found.id == channel.id), None)
            if again is not None:
                return channel_of(again)
            if any(found.mark == new.mark for found in there):
                raise AlreadyThere()
            if len(there) >= MOST_CHANNELS:
                raise QuotaExceeded()
            _must_not_bother(session, new.mark, channel.created_at_ms)
            session.add(
                row(
                    id=channel.id,
                    user_id=channel.user_id,
                    scheme=channel.scheme,
                    label=channel.label,
                    sealed=new.sealed,
                    mark=new.mark,
                    kinds=list(channel.kinds),
                    state=channel.state.value,
                    created_at_ms=channel.created_at_ms,
                    codes=1,
                    recent_codes=1,
                    code_at_ms=channel.created_at_ms,
                    code_tries=0,
                )
            )
            session.flush()
            _send_code(session, channel.id, channel.created_at_ms)
        return channel

    def change(self, user_id: UUID, channel_id: UUID, kinds: Sequence[str]) -> Channel | None:
        """Have the person's channel told of these."""
        with unavailable_when_gone(), self._transactions.begin() as session:
            found = _locked(session, user_id, channel_id)
            if found is not None:
                found.kinds = list(kinds)
            return None if found is None else channel_of(found)

    def remove(self, user_id: UUID, channel_id: UUID) -> bool:
        """Forget it with all that waits for it."""
        row = NotifyChannelEntity
        with unavailable_when_gone(), self._transactions.begin() as session:
            return bool(_removed(session, row.user_id == user_id, row.id == channel_id))

    def remove_all(self, user_id: UUID) -> int:
        """Forget all of the person's, and what they want; returns how many channels."""
        row, person = NotifyChannelEntity, NotifyPersonEntity
        with unavailable_when_gone(), self._transactions.begin() as session:
            session.execute(delete(person).where(person.user_id == user_id))
            return len(_removed(session, row.user_id == user_id))

    def new_code(self, user_id: UUID, channel_id: UUID, now_ms: float) -> Channel | None:
        """Have another code sent, unless it is active."""
        with unavailable_when_gone(), self._transactions.begin() as session:
            found = _locked(session, user_id, channel_id)
            if found is None or found.state == ChannelState.ACTIVE:
                return None if found is None else channel_of(found)
            _must_not_bother(session, found.mark, now_ms)
            # The number goes on for ever, so that no former code opens it; what is limited is a day's.
            found.recent_codes = 1 + (found.recent_codes if found.code_at_ms > now_ms - CODES_MS else 0)
            found.codes, found.code_at_ms, found.code_tries = found.codes + 1, now_ms, 0
            found.state, found.reason = ChannelState.UNVERIFIED.value, None
            _send_code(session, channel_id, now_ms)
            return channel_of(found)

    def try_code(
        self, user_id: UUID, channel_id: UUID, code: str, code_of: CodeOf, now_ms: float
    ) -> tuple[Channel, bool] | None:
        """Activate it if that is its code, and count the try; whether it is active."""
        with unavailable_when_gone(), self._transactions.begin() as session:
            found = _locked(session, user_id, channel_id)
            if found is None:
                return None
            if found.state == ChannelState.UNVERIFIED:
                is_open = found.code_tries < MOST_TRIES and now_ms < found.code_at_ms + CODE_MS
                found.code_tries = min(found.code_tries + 1, MOST_TRIES)
                if is_open and code == code_of(found.codes):
                    found.state, found.reason = ChannelState.ACTIVE.value, None
                    found.verified_at_ms = now_ms
            return channel_of(found), found.state == ChannelState.ACTIVE

    def quiet_hours(self, user_id: UUID) -> QuietHours | None:
        """When the person is not to be disturbed."""
        with unavailable_when_gone(), self._transactions() as session:
            found = session.get(NotifyPersonEntity, user_id)
            return None if found is None else quiet_of(found)

    def set_quiet_hours(self, user_id: UUID, quiet: QuietHours | None, now_ms: float) -> None:
        """Keep that. What waits for the end of the former ones is looked at anew."""
        row, channel = NotifyDeliveryEntity, NotifyChannelEntity
        with unavailable_when_gone(), self._transactions.begin() as session:
            person = self._person(session, user_id, now_ms)
            person.zone = None if quiet is None else quiet.zone
            person.quiet_begin = None if quiet is None else quiet.begin
            person.quiet_end = None if quiet is None else quiet.end
            theirs = select(channel.id).where(channel.user_id == user_id)
            session.execute(
                update(row)
                .where(row.channel_id.in_(theirs), row.tries == 0, row.due_at_ms > now_ms)
                .values(due_at_ms=now_ms)
                .execution_options(synchronize_session=False)
            )

    def reseal(self, again: Callable[[str], str | None]) -> int:
        """Replace each sealed address by what `again` makes of it, None: leave it; returns how many."""
        row, count = NotifyChannelEntity, 0
        here = select(row).where(row.state != REMOVED).order_by(row.id).with_for_update()
        with unavailable_when_gone(), self._transactions.begin() as session:
            for found in session.scalars(here):
                sealed = again(found.sealed)
                if sealed is not None:
                    found.sealed, count = sealed, count + 1
        return count

    def old(self, now_ms: float) -> OldRows:
        """What was removed, or never verified, and no longer counts for how many codes a place was sent."""
        row = NotifyChannelEntity
        unused = row.state.in_([REMOVED, ChannelState.UNVERIFIED.value]) | (
            (row.state == ChannelState.SET_ASIDE.value) & row.verified_at_ms.is_(None)
        )
        return OldRows(self._transactions, table_of(row), unused & (row.code_at_ms < now_ms - CODES_MS))

    def old_people(self, now_ms: float) -> OldRows:
        """What people without a channel wanted, a day after they said so."""
        row, channel = NotifyPersonEntity, NotifyChannelEntity
        has_none = ~select(channel.id).where(channel.user_id == row.user_id).exists()
        return OldRows(self._transactions, table_of(row), has_none & (row.left_at_ms < now_ms - CODES_MS))

    def _person(self, session: Session, user_id: UUID, now_ms: float) -> NotifyPersonEntity:
        row = NotifyPersonEntity
        fresh = {"user_id": user_id, "left": float(self._per_hour), "left_at_ms": now_ms}
        session.execute(insert(row).values(fresh).on_conflict_do_nothing())
        return session.scalars(select(row).where(row.user_id == user_id).with_for_update()).one()


def channel_of(row: NotifyChannelEntity) -> Channel:
    """The channel in its row."""
    return Channel(
        id=row.id,
        user_id=row.user_id,
        scheme=row.scheme,
        label=row.label,
        kinds=tuple(row.kinds),
        state=ChannelState(row.state),
        reason=row.reason,
        created_at_ms=row.created_at_ms,
        verified_at_ms=row.verified_at_ms,
    )


def quiet_of(row: NotifyPersonEntity) -> QuietHours | None:
    """The quiet hours in a person's row."""
    if row.zone is None or row.quiet_begin is None or row.quiet_end is None:
        return None
    return QuietHours(zone=row.zone, begin=row.quiet_begin, end=row.quiet_end)


def _theirs(user_id: UUID) -> Select[NotifyChannelEntity]:
    row = NotifyChannelEntity
    return select(row).where(row.user_id == user_id, row.state != REMOVED).order_by(row.created_at_ms, row.id)


def _locked(session: Session, user_id: UUID, channel_id: UUID) -> NotifyChannelEntity | None:
    return session.scalars(
        _theirs(user_id).where(NotifyChannelEntity.id == channel_id).with_for_update()
    ).one_or_none()


def _removed(session: Session, *which: ColumnElement[bool]) -> Sequence[UUID]:
    """Empty these channels' rows. They stay for a day, for the codes that their places were sent.

    What is under way goes when it is over: until then nothing else is sent to its person.
    """
    row, waiting = NotifyChannelEntity, NotifyDeliveryEntity
    emptied = {"state": REMOVED, "sealed": "", "label": "", "reason": None}
    gone = session.scalars(
        update(row)
        .where(*which, row.state != REMOVED)
        .values(emptied)
        .returning(row.id)
        .execution_options(synchronize_session=False)
    ).all()
    session.execute(delete(waiting).where(waiting.channel_id.in_(gone), waiting.lease_until_ms == 0))
    return gone


def _must_not_bother(session: Session, mark: str, now_ms: float) -> None:
    row = NotifyChannelEntity
    recent = select(func.sum(row.recent_codes)).where(row.mark == mark, row.code_at_ms > now_ms - CODES_MS)
    if (session.scalar(recent) or 0) >= MOST_CODES:
        raise RateLimited(
            rule="channel_codes", quota=MOST_CODES, window_s=int(CODES_MS / 1000), retry_after_s=3600
        )


def _send_code(session: Session, channel_id: UUID, now_ms: float) -> None:
    """Have the channel's code wait. While the one before is under way its lease stays, and is waited for."""
    row = NotifyDeliveryEntity
    due = {"due_at_ms": now_ms, "tries": 0, "first_try_ms": None}
    session.execute(
        insert(row)
        .values(channel_id=channel_id, subject_id=channel_id, lease_until_ms=0.0, **due)
        .on_conflict_do_update(index_elements=["channel_id", "subject_id"], set_=due)
    )
