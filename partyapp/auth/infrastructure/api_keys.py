"""Servers' keys: how they are made and written, and where they are kept.

A key is two secrets. What the server sends with each request passes proxies and may end up in a log of its
own, so only a hash of it is kept: 32 random bytes need no slow one. What it signs its people's tokens with
never leaves the server; we have to verify by it, so it is encrypted under a key derived from
PARTY_SECRET_KEY. Who has the one has not the other, and who reads the database has neither.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update

from partyapp.auth.domain import ApiKey
from partyapp.auth.infrastructure.entities import ApiKeyEntity
from partyapp.shared.kernel.errors import NotFound, QuotaExceeded
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.scopes import Scope
from partyapp.shared.kernel.sealing import Sealer
from partyapp.shared.storage.database import Transactions, unavailable_when_gone

#: What a key that is sent begins with, so that programs that look for secrets in files know one.
KEY_PREFIX = "party_key_"
#: Each process holds all that stand.
MOST_KEYS = 1000
_SENT = re.compile(re.escape(KEY_PREFIX) + r"([0-9a-f]{32})_([A-Za-z0-9_-]{43})")
_PURPOSE = b"party signing secrets"


class NewKey(NamedTuple):
    """A key that was made just now, and its secrets, which nobody is shown again."""

    key: ApiKey
    sent: str
    signing_secret: str | None


class SentKey(NamedTuple):
    """A key as it was sent: whose it says it is, and what is to prove that."""

    id: UUID
    secret: str

    def proves(self, key: ApiKey) -> bool:
        """Whether the secret is that key's, compared in constant time."""
        return hmac.compare_digest(_hash(self.secret), key.secret_hash)


def read_sent_key(text: str) -> SentKey | None:
    """The key that `text` spells, or None."""
    found = _SENT.fullmatch(text)
    return None if found is None else SentKey(UUID(hex=found[1]), found[2])


class PostgresApiKeys:
    """The keys in Postgres. `secret` is the deployment's, `previous` the one before."""

    def __init__(self, transactions: Transactions, secret: str, previous: str | None = None) -> None:
        self._transactions = transactions
        self._sealer = Sealer(secret, _PURPOSE, previous=previous)

    def create(
        self, name: str, scopes: Collection[Scope], *, now_ms: float, expires_at_ms: float | None
    ) -> NewKey:
        """Make a key. Raises `QuotaExceeded`, or `Unavailable`."""
        key_id, secret = new_id(), secrets.token_urlsafe(32)
        signing = secrets.token_urlsafe(48) if Scope.TOKENS_SIGN in scopes else None
        row = ApiKeyEntity(
            id=key_id,
            name=name,
            scopes=sorted(scopes),
            secret_hash=_hash(secret),
            sealed_signing_secret=None if signing is None else self._sealer.seal(signing),
            created_at_ms=int(now_ms),
            expires_at_ms=None if expires_at_ms is None else int(expires_at_ms),
        )
        key = self._key_of(row)
        with unavailable_when_gone(), self._transactions.begin() as session:
            standing = select(func.count()).where(ApiKeyEntity.revoked_at_ms.is_(None))
            if (session.scalar(standing) or 0) >= MOST_KEYS:
                raise QuotaExceeded(f"There are {MOST_KEYS} keys; revoke those that are not needed.")
            session.add(row)
        return NewKey(key, f"{KEY_PREFIX}{key_id.hex}_{secret}", signing)

    def all(self) -> Sequence[ApiKey]:
        """All of them, the oldest first, those that have ended too."""
        return self._found()

    def standing(self) -> Sequence[ApiKey]:
        """Those that were not revoked; they may have expired."""
        return self._found(ApiKeyEntity.revoked_at_ms.is_(None))

    def revoke(self, key_id: UUID, now_ms: float) -> ApiKey:
        """End a key for ever; the first instant stays. Raises `NotFound`."""
        row = ApiKeyEntity
        ended = (
            update(row)
            .where(row.id == key_id, row.revoked_at_ms.is_(None))
            .values(revoked_at_ms=int(now_ms))
            .execution_options(synchronize_session=False)
        )
        with unavailable_when_gone(), self._transactions.begin() as session:
            session.execute(ended)
            found = session.get(row, key_id)
            if found is None:
                raise NotFound("There is no such key.")
            return self._key_of(found)

    def reseal(self) -> int:
        """Encrypt all signing secrets under the present secret; returns how many. Others stay as they are."""
        row, count = ApiKeyEntity, 0
        with unavailable_when_gone(), self._transactions.begin() as session:
            for found in session.scalars(select(row).order_by(row.id).with_for_update()):
                sealed = found.sealed_signing_secret
                again = None if sealed is None else self._sealer.again(sealed)
                if again is not None:
                    found.sealed_signing_secret, count = again, count + 1
        return count

    def _found(self, *conditions: ColumnElement[bool]) -> Sequence[ApiKey]:
        with unavailable_when_gone(), self._transactions() as session:
            rows = session.scalars(select(ApiKeyEntity).where(*conditions).order_by(ApiKeyEntity.id))
            return [self._key_of(row) for row in rows]

    def _key_of(self, row: ApiKeyEntity) -> ApiKey:
        sealed = row.sealed_signing_secret
        known = set(Scope)
        return ApiKey(
            id=row.id,
            name=row.name,
            # A scope of another release is one that this one doesn't ask for.
            scopes=frozenset(Scope(scope) for scope in row.scopes if scope in known),
            created_at_ms=row.created_at_ms,
            expires_at_ms=row.expires_at_ms,
            revoked_at_ms=row.revoked_at_ms,
            secret_hash=row.secret_hash,
            signing_secret=None if sealed is None else self._sealer.opened(sealed),
        )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
