"""The entities of auth: sessions, codes for other devices, servers' keys.

Instants are in ms since the Unix epoch.
"""

from uuid import UUID

from sqlalchemy import BigInteger, Index, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from partyapp.shared.storage.database import Base


class AuthSessionEntity(Base):
    """One sign-in on one device. A revoked one stays until its last token could not be renewed any more."""

    __tablename__ = "auth_sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(index=True)
    display_name: Mapped[str] = mapped_column(String(64))
    #: What who vouches for the person called them at this sign-in; None for guests and by a device's code.
    vouched_name: Mapped[str | None] = mapped_column(String(64))
    created_at_ms: Mapped[int] = mapped_column(BigInteger)
    expires_at_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    revoked_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    #: When it was revoked or renamed: what processes have to be told of.
    changed_at_ms: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        Index(
            "ix_auth_sessions_changed", "changed_at_ms", postgresql_where=text("changed_at_ms IS NOT NULL")
        ),
    )


class DeviceCodeEntity(Base):
    """A code for another device; only a keyed hash of it is kept. `used_by` is the session that it opened."""

    __tablename__ = "auth_device_codes"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(unique=True)
    session_id: Mapped[UUID]
    expires_at_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    used_by: Mapped[UUID | None]


class ApiKeyEntity(Base):
    """A server's key. What it sends is kept as a hash, what it signs with encrypted, since we verify by it.

    A revoked one stays: the audit log names it.
    """

    __tablename__ = "api_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(32))
    scopes: Mapped[list[str]] = mapped_column(JSONB)
    secret_hash: Mapped[str] = mapped_column(String(64))
    sealed_signing_secret: Mapped[str | None] = mapped_column(Text)
    created_at_ms: Mapped[int] = mapped_column(BigInteger)
    expires_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    revoked_at_ms: Mapped[int | None] = mapped_column(BigInteger)


class RevokedPersonEntity(Base):
    """Somebody of whose tokens none counts that was issued before."""

    __tablename__ = "auth_revoked_people"

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    revoked_at_ms: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index("ix_auth_revoked_people_at", "revoked_at_ms"),)
