"""`DeliveryPort` on Postgres, and what has notifications wait for channels.

A row of `notify_deliveries` is made in the transaction that makes the notification, so there is one for
each person, event and channel, if and only if that was committed. It goes when it has arrived, so one that
was sent when its worker died is sent again once its lease is over.
"""

from collections.abc import Sequence
from typing import Any, TypeVarTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Double,
    Select,
    Text,
    Uuid,
    bindparam,
    delete,
    exists,
    select,
    text,
    update,
)
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session, aliased

from partyapp.channel.application.ports import Claimed
from partyapp.channel.domain.channel import CODE_MS, ChannelState, Failure
from partyapp.channel.domain.retries import Allowance
from partyapp.channel.infrastructure.entities import (
    REMOVED,
    NotifyChannelEntity,
    NotifyDeliveryEntity,
    NotifyPersonEntity,
)
from partyapp.channel.infrastructure.postgres_channels import quiet_of
from partyapp.notification.domain import PARTY_STARTING, Notification
from partyapp.notification.infrastructure.notifications import NotificationEntity
from partyapp.shared.storage.database import Transactions, one_of, unavailable_when_gone

#: Beyond what sending takes; then it is anybody's turn.
LEASE_MS = 45_000.0
#: So many more are looked at than are wanted, since several may be one person's.
_LOOKED_AT = 20

_QUEUE = text("""
INSERT INTO notify_deliveries (channel_id, subject_id, due_at_ms, lease_until_ms, tries)
SELECT c.id, n.id, n.at_ms, 0, 0
FROM unnest(:ids, :user_ids, :types, :at_ms) AS n (id, user_id, type, at_ms)
JOIN notify_channels c ON c.user_id = n.user_id AND c.state = 'active' AND n.type = ANY (c.kinds)
ORDER BY c.id, n.id
ON CONFLICT DO NOTHING
""").bindparams(
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("user_ids", type_=ARRAY(Uuid)),
    bindparam("types", type_=ARRAY(Text)),
    bindparam("at_ms", type_=ARRAY(Double)),
)


def queue_deliveries(session: Session, news: Sequence[Notification]) -> None:
    """Have these wait for the channels of those they are for, in the caller's transaction.

    Most people have none: of those that an event concerns, only who has one is sent to the database in full.
    """
    channel = NotifyChannelEntity
    with_channels = select(channel.user_id).where(
        channel.user_id == one_of({item.user_id for item in news}),
        channel.state == ChannelState.ACTIVE.value,
    )
    people = set(session.scalars(with_channels))
    wanted = [item for item in news if item.user_id in people]
    if wanted:
        session.execute(
            _QUEUE,
            {
                "ids": [item.id for item in wanted],
                "user_ids": [item.user_id for item in wanted],
                "types": [item.type for item in wanted],
                "at_ms": [float(item.created_at_ms) for item in wanted],
            },
        )


#: The last is None for a code, and where the notification was deleted meanwhile.
_Due = Row[NotifyDeliveryEntity, NotifyChannelEntity, Any]
_Columns = TypeVarTuple("_Columns")


class PostgresDeliveries:
    """Each call in a transaction of its own. One person is sent one message at a time, `per_hour` an hour."""

    def __init__(self, transactions: Transactions, per_hour: int) -> None:
        self._transactions, self._per_hour = transactions, per_hour

    def claim(self, now_ms: float, limit: int) -> list[Claimed]:
        """What is due, each for whoever claims it alone until its lease is over."""
        with unavailable_when_gone(), self._transactions.begin() as session:
            # People, then channels, then deliveries: whoever changes several has them in this order.
            user_ids = set(session.scalars(_whose(now_ms, limit * _LOOKED_AT)))
            if not user_ids:
                return []
            row = NotifyPersonEntity
            wanted = select(row).where(row.user_id == one_of(user_ids))
            locked = wanted.order_by(row.user_id).with_for_update()
            people = {person.user_id: person for person in session.scalars(locked)}
            due = session.execute(_due(user_ids, now_ms, limit * _LOOKED_AT)).all()
            claimed: list[Claimed] = []
            served: set[UUID] = set()
            for found in due:
                user_id = found[1].user_id
                if len(claimed) == limit or user_id in served:
                    continue
                if not self._may_go(session, found, people.get(user_id), now_ms):
                    continue
                served.add(user_id)
                claimed.append(_claimed(found, now_ms))
            return claimed

    def delivered(self, claimed: Claimed) -> None:
        """It has arrived, so it goes, also where its lease was over: nobody need send it again."""
        row = NotifyDeliveryEntity
        with unavailable_when_gone(), self._transactions.begin() as session:
            if (channel := _concerned(session, claimed)) is None:
                return
            channel.reason = None
            session.execute(
                delete(row).where(row.channel_id == claimed.channel_id, row.subject_id == claimed.subject_id)
            )

    def failed(self, claimed: Claimed, due_at_ms: float, failure: Failure) -> None:
        """It is to be tried again then; who waits for a code sees why it hasn't come."""
        row = NotifyDeliveryEntity
        again = update(row).where(*_this(claimed)).values(due_at_ms=due_at_ms, lease_until_ms=0.0)
        with unavailable_when_gone(), self._transactions.begin() as session:
            if (channel := _concerned(session, claimed)) is None:
                return
            ours = session.scalars(again.returning(row.channel_id)).all()
            if ours and channel.state == ChannelState.UNVERIFIED:
                channel.reason = failure.value

    def given_up(self, claimed: Claimed, failure: Failure) -> None:
        """Set the channel aside for that reason, and forget what waits for it, unless the lease was over."""
        row = NotifyDeliveryEntity
        with unavailable_when_gone(), self._transactions.begin() as session:
            channel = _concerned(session, claimed)
            ours = delete(row).where(*_this(claimed)).returning(row.channel_id)
            if channel is None or not session.scalars(ours).all():
                return
            channel.state, channel.reason = ChannelState.SET_ASIDE.value, failure.value
            session.execute(delete(row).where(row.channel_id == claimed.channel_id))

    def dropped(self, claimed: Claimed) -> None:
        """Forget it, and leave the channel as it is, unless the lease was over."""
        with unavailable_when_gone(), self._transactions.begin() as session:
            if _concerned(session, claimed) is not None:
                session.execute(delete(NotifyDeliveryEntity).where(*_this(claimed)))

    def _may_go(
        self, session: Session, found: _Due, person: NotifyPersonEntity | None, now_ms: float
    ) -> bool:
        """Whether it is sent now; what is not is put off, or forgotten where it is too late for it."""
        delivery, channel, notification = found
        is_code = delivery.subject_id == channel.id
        if person is None or (notification is None and not is_code) or _is_too_late(found, now_ms):
            is_its_fault = channel.reason is not None and Failure(channel.reason).is_of_the_channel
            if is_code and channel.state == ChannelState.UNVERIFIED and is_its_fault:
                # Its code never came, and nobody can type it any more.
                channel.state = ChannelState.SET_ASIDE.value
            session.delete(delivery)
            return False
        quiet = None if is_code else quiet_of(person)
        over_at_ms = None if quiet is None else quiet.over_at_ms(now_ms)
        if over_at_ms is not None:
            _put_off(delivery, over_at_ms)
            return False
        allowance = Allowance(left=person.left, at_ms=person.left_at_ms).refilled(now_ms, self._per_hour)
        wait_ms = allowance.wait_ms(self._per_hour)
        if wait_ms > 0:
            _put_off(delivery, now_ms + wait_ms)
            return False
        taken = allowance.taken()
        person.left, person.left_at_ms = taken.left, taken.at_ms
        return True


def _whose(now_ms: float, limit: int) -> Select[UUID]:
    """Whose messages are due, who has none under way."""
    row, channel = NotifyDeliveryEntity, NotifyChannelEntity
    return _waiting(select(channel.user_id).select_from(row), now_ms).limit(limit)


def _due(
    user_ids: set[UUID], now_ms: float, limit: int
) -> Select[NotifyDeliveryEntity, NotifyChannelEntity, Any]:
    """These people's, each with its channel. Nobody is waited for: what somebody else has is theirs."""
    row, channel = NotifyDeliveryEntity, NotifyChannelEntity
    rows = select(row, channel, NotificationEntity).select_from(row)
    return (
        _waiting(rows, now_ms)
        .outerjoin(NotificationEntity, NotificationEntity.id == row.subject_id)
        .where(channel.user_id == one_of(user_ids))
        .limit(limit)
        .with_for_update(of=(row, channel), skip_locked=True, key_share=True)
    )


def _waiting(rows: Select[*_Columns], now_ms: float) -> Select[*_Columns]:
    """Those of the rows that may go, what has waited longest first."""
    row, channel, other, busy = (
        NotifyDeliveryEntity,
        NotifyChannelEntity,
        aliased(NotifyDeliveryEntity),
        aliased(NotifyChannelEntity),
    )
    is_busy = exists().where(
        busy.user_id == channel.user_id, other.channel_id == busy.id, other.lease_until_ms > now_ms
    )
    return (
        rows.join(channel, channel.id == row.channel_id)
        .where(row.due_at_ms <= now_ms, row.lease_until_ms <= now_ms, ~is_busy)
        .order_by(row.due_at_ms, row.channel_id, row.subject_id)
    )


def _is_too_late(found: _Due, now_ms: float) -> bool:
    _, channel, notification = found
    if notification is None:
        return channel.state != ChannelState.UNVERIFIED or now_ms >= channel.code_at_ms + CODE_MS
    if channel.state != ChannelState.ACTIVE:
        return True
    starts_at_ms = notification.data.get("starts_at_ms")
    # Nobody wants to read in the morning that a party begins soon.
    return bool(notification.type == PARTY_STARTING and starts_at_ms and now_ms > starts_at_ms)


def _put_off(delivery: NotifyDeliveryEntity, due_at_ms: float) -> None:
    _leave_out(delivery, due_at_ms)
    delivery.due_at_ms, delivery.lease_until_ms = due_at_ms, 0.0


def _leave_out(delivery: NotifyDeliveryEntity, until_ms: float) -> None:
    """Time in which it was due and not sent says nothing of the channel: it doesn't count for giving up."""
    if delivery.first_try_ms is not None:
        delivery.first_try_ms += max(0.0, until_ms - max(delivery.due_at_ms, delivery.lease_until_ms))


def _claimed(found: _Due, now_ms: float) -> Claimed:
    delivery, channel, notification = found
    _leave_out(delivery, now_ms)
    delivery.tries += 1
    delivery.first_try_ms = now_ms if delivery.first_try_ms is None else delivery.first_try_ms
    delivery.lease_until_ms = now_ms + LEASE_MS
    return Claimed(
        channel_id=channel.id,
        subject_id=delivery.subject_id,
        user_id=channel.user_id,
        scheme=channel.scheme,
        sealed=channel.sealed,
        tries=delivery.tries,
        first_try_ms=delivery.first_try_ms,
        lease_until_ms=delivery.lease_until_ms,
        kind=None if notification is None else notification.type,
        data={} if notification is None else notification.data,
        party_id=None if notification is None else notification.party_id,
        codes=channel.codes,
    )


def _concerned(session: Session, claimed: Claimed) -> NotifyChannelEntity | None:
    """The channel, locked, if what came of the message concerns it.

    It doesn't when the channel was removed meanwhile, and when another code was asked for, which has the row
    of the one before. In both cases what has kept the person's other messages waiting is over.
    """
    row, waiting = NotifyChannelEntity, NotifyDeliveryEntity
    # Before its deliveries: whoever changes both has them in this order.
    one = select(row).where(row.id == claimed.channel_id, row.state != REMOVED)
    channel = session.scalars(one.with_for_update(key_share=True)).one_or_none()
    if channel is None:
        session.execute(delete(waiting).where(*_this(claimed)))
        return None
    if claimed.kind is None and channel.codes != claimed.codes:
        session.execute(update(waiting).where(*_this(claimed)).values(lease_until_ms=0.0))
        return None
    return channel


def _this(claimed: Claimed) -> tuple[ColumnElement[bool], ...]:
    """The row, unless its lease was over and somebody else has it."""
    row = NotifyDeliveryEntity
    return (
        row.channel_id == claimed.channel_id,
        row.subject_id == claimed.subject_id,
        row.lease_until_ms == claimed.lease_until_ms,
    )
