"""The rows of invites and bans."""

from uuid import UUID

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, Integer, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from partyapp.party.domain.admission import PartyBan, PartyInvite
from partyapp.party.infrastructure.json_columns import grants_column, own_grants
from partyapp.shared.storage.database import Base


class PartyInviteEntity(Base):
    """An invite's row; it stays when the invite is closed. Instants are ms of party time as doubles."""

    __tablename__ = "party_invites"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    party_id: Mapped[UUID] = mapped_column(ForeignKey("synced_party_sessions.id"))
    code: Mapped[str] = mapped_column(String(64))
    created_by: Mapped[UUID]
    created_at_ms: Mapped[float] = mapped_column(Float(53))
    expires_at_ms: Mapped[float | None] = mapped_column(Float(53))
    max_uses: Mapped[int | None] = mapped_column(Integer)
    uses: Mapped[int] = mapped_column(Integer)
    revoked_at_ms: Mapped[float | None] = mapped_column(Float(53))
    user_id: Mapped[UUID | None]
    #: The names of the rights of who joins by it; null: those that all have.
    grants: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))

    __table_args__ = (
        CheckConstraint("uses >= 0 AND uses <= coalesce(max_uses, uses)", name="ck_party_invites_uses"),
        Index("ix_party_invites_party", "party_id", "id"),
        Index("uq_party_invites_code", "code", unique=True),
    )


class PartyBanEntity(Base):
    """A ban's row, as long as it holds."""

    __tablename__ = "party_bans"

    party_id: Mapped[UUID] = mapped_column(ForeignKey("synced_party_sessions.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    display_name: Mapped[str] = mapped_column(String(64))
    #: Null: the operator of the service.
    banned_by: Mapped[UUID | None]
    at_ms: Mapped[float] = mapped_column(Float(53))


class UsedTokenEntity(Base):
    """A token of a site that has let its person in, which it does once. Kept until it ends (Unix ms)."""

    __tablename__ = "party_used_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    until_ms: Mapped[float] = mapped_column(Float(53))

    __table_args__ = (Index("ix_party_used_tokens_until", "until_ms"),)


def invite_of(row: PartyInviteEntity) -> PartyInvite:
    """The invite in its row."""
    return PartyInvite(
        id=row.id,
        party_id=row.party_id,
        code=row.code,
        created_by=row.created_by,
        created_at_ms=row.created_at_ms,
        expires_at_ms=row.expires_at_ms,
        max_uses=row.max_uses,
        uses=row.uses,
        revoked_at_ms=row.revoked_at_ms,
        user_id=row.user_id,
        grants=own_grants(row.grants),
    )


def invite_columns(invite: PartyInvite) -> dict[str, object]:
    """All columns of an invite, and their values."""
    return {**vars(invite), "grants": grants_column(invite.grants)}


def ban_of(row: PartyBanEntity) -> PartyBan:
    """The ban in its row."""
    return PartyBan(
        user_id=row.user_id, display_name=row.display_name, banned_by=row.banned_by, at_ms=row.at_ms
    )
