"""AdmissionService: the adapter behind `AdmissionPort`, on one Postgres transaction."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from partyapp.party.application.ports import ConcurrentChange
from partyapp.party.domain.admission import PartyBan, PartyInvite
from partyapp.party.infrastructure.admission_entities import (
    PartyBanEntity,
    PartyInviteEntity,
    UsedTokenEntity,
    ban_of,
    invite_columns,
    invite_of,
)
from partyapp.shared.storage.database import one_of

_HAS_USES_LEFT = or_(
    PartyInviteEntity.max_uses.is_(None), PartyInviteEntity.uses < PartyInviteEntity.max_uses
)


def _opens(now_ms: float) -> ColumnElement[bool]:
    row = PartyInviteEntity
    still = or_(row.expires_at_ms.is_(None), row.expires_at_ms > now_ms)
    return and_(row.revoked_at_ms.is_(None), still, _HAS_USES_LEFT)


class AdmissionService:
    """Keeps invites and bans in Postgres."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def ban_of(self, party_id: UUID, user_id: UUID) -> PartyBan | None:
        """The person's ban from this party."""
        row = self._session.get(PartyBanEntity, (party_id, user_id), populate_existing=True)
        return None if row is None else ban_of(row)

    def add_ban(self, party_id: UUID, ban: PartyBan) -> None:
        """Ban somebody; a ban that is there stays as it is."""
        self._session.execute(
            insert(PartyBanEntity).values(party_id=party_id, **vars(ban)).on_conflict_do_nothing()
        )

    def remove_ban(self, party_id: UUID, user_id: UUID) -> None:
        """End a ban, if there is one."""
        row = PartyBanEntity
        self._session.execute(delete(row).where(row.party_id == party_id, row.user_id == user_id))

    def invites_for(self, party_id: UUID, user_id: UUID, code: str | None) -> Sequence[PartyInvite]:
        """The party's invites that have this code or are for this person."""
        row = PartyInviteEntity
        return self._found(party_id, or_(row.user_id == user_id, row.code == code))

    def invites_of(self, party_id: UUID, user_id: UUID) -> Sequence[PartyInvite]:
        """Those that this person made or that are for them, without the revoked ones."""
        row = PartyInviteEntity
        theirs = or_(row.created_by == user_id, row.user_id == user_id)
        return self._found(party_id, theirs & row.revoked_at_ms.is_(None))

    def invite(self, party_id: UUID, invite_id: UUID) -> PartyInvite | None:
        """One of the party's invites."""
        return next(iter(self._found(party_id, PartyInviteEntity.id == invite_id)), None)

    def open_invites(self, party_id: UUID, now_ms: float) -> int:
        """How many of the party's invites are open."""
        count = select(func.count()).where(PartyInviteEntity.party_id == party_id, _opens(now_ms))
        return self._session.scalar(count) or 0

    def all_open(self, party_id: UUID, now_ms: float) -> Sequence[PartyInvite]:
        """The open ones."""
        return self._found(party_id, _opens(now_ms))

    def add_invite(self, invite: PartyInvite) -> None:
        """Insert it."""
        self._session.execute(insert(PartyInviteEntity).values(**invite_columns(invite)))

    def count_use(self, invite_id: UUID) -> None:
        """One use more, of an invite that is neither revoked nor used up. Raises `ConcurrentChange`."""
        row = PartyInviteEntity
        counted = (
            update(row)
            .where(row.id == invite_id, row.revoked_at_ms.is_(None), _HAS_USES_LEFT)
            .values(uses=row.uses + 1)
            .execution_options(synchronize_session=False)
            .returning(row.id)
        )
        if self._session.execute(counted).first() is None:
            raise ConcurrentChange()

    def use_token(self, token_id: UUID, until_ms: float) -> bool:
        """Remember a token that lets its person in; False when it is known already."""
        added = insert(UsedTokenEntity).values(id=token_id, until_ms=until_ms).on_conflict_do_nothing()
        return self._session.execute(added.returning(UsedTokenEntity.id)).first() is not None

    def revoke(self, invite_ids: Collection[UUID], at_ms: float) -> None:
        """Close these; the first instant stays."""
        if not invite_ids:
            return
        row = PartyInviteEntity
        self._session.execute(
            update(row)
            .where(row.id == one_of(invite_ids), row.revoked_at_ms.is_(None))
            .values(revoked_at_ms=at_ms)
            .execution_options(synchronize_session=False)
        )

    def _found(self, party_id: UUID, condition: Any) -> Sequence[PartyInvite]:
        row = PartyInviteEntity
        statement = select(row).where(row.party_id == party_id, condition).order_by(row.id)
        rows = self._session.scalars(statement.execution_options(populate_existing=True))
        return [invite_of(found) for found in rows]
