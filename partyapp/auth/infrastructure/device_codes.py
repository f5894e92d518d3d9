"""Codes for another device, in Postgres.

A code is short enough to be typed, so a plain hash of it could be undone by trying all of them: the hash is
keyed with the deployment's secret (RFC 2104).
"""

import hashlib
import hmac
import secrets
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert

from partyapp.auth.domain import DEVICE_CODE_LENGTH, DEVICE_CODE_LETTERS
from partyapp.auth.infrastructure.entities import AuthSessionEntity, DeviceCodeEntity
from partyapp.shared.kernel.principal import Principal
from partyapp.shared.storage.database import Transactions, unavailable_when_gone


class PostgresDeviceCodes:
    """The `DeviceCodes` of auth. 20^8 codes, one of a person's at a time.

    Those that were given under the `previous` secret are taken, too.
    """

    def __init__(self, transactions: Transactions, secret: str, previous: str | None = None) -> None:
        self._transactions = transactions
        given = (secret,) if previous is None else (secret, previous)
        self._keys = [b"party device code\0" + one.encode() for one in given]

    def issue(self, principal: Principal, *, now_ms: float, until_ms: float) -> str:
        """A new code, in place of the one that the person was given before."""
        code = "".join(secrets.choice(DEVICE_CODE_LETTERS) for _ in range(DEVICE_CODE_LENGTH))
        entity = DeviceCodeEntity
        row = {
            "hash": _hash(self._keys[0], code),
            "user_id": principal.user_id,
            "session_id": principal.session_id,
            "expires_at_ms": int(until_ms),
            "used_by": None,
        }
        with unavailable_when_gone(), self._transactions.begin() as session:
            session.execute(
                insert(entity).values(row).on_conflict_do_update(index_elements=["user_id"], set_=row)
            )
        return code

    def redeem(self, code: str, *, session_id: UUID, now_ms: float) -> Principal | None:
        """Whose code it is, once; for the same `session_id` again. None for a code that opens nothing."""
        code_row, giver = DeviceCodeEntity, AuthSessionEntity
        used = (
            update(code_row)
            .where(
                code_row.hash.in_([_hash(key, code) for key in self._keys]),
                code_row.expires_at_ms > int(now_ms),
                or_(code_row.used_by.is_(None), code_row.used_by == session_id),
            )
            .values(used_by=session_id)
            .returning(code_row.session_id)
            .execution_options(synchronize_session=False)
        )
        with unavailable_when_gone(), self._transactions.begin() as session:
            giver_id = session.execute(used).scalar_one_or_none()
            if giver_id is None:
                return None
            row = session.scalars(
                select(giver).where(giver.id == giver_id, giver.revoked_at_ms.is_(None))
            ).one_or_none()
        return None if row is None else Principal(user_id=row.user_id, display_name=row.display_name)


def _hash(key: bytes, code: str) -> str:
    return hmac.new(key, code.encode(), hashlib.sha256).hexdigest()
