"""Sessions in Postgres. Nothing here is asked for on every request: see `SessionWatcher`."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from partyapp.auth.application import PersonNames, SessionChange
from partyapp.auth.infrastructure.entities import (
    AuthSessionEntity,
    DeviceCodeEntity,
    RevokedPersonEntity,
)
from partyapp.shared.kernel.principal import Principal
from partyapp.shared.storage.database import Transactions, table_of, unavailable_when_gone
from partyapp.shared.storage.old_rows import OldRows
from partyapp.shared.storage.prepared_sql import PreparedSql


class PostgresSessions:
    """The `Sessions` of auth."""

    def __init__(self, transactions: Transactions, *, kept_s: float) -> None:
        self._transactions = transactions
        self._kept_ms = kept_s * 1000

    def keep(self, principal: Principal, *, now_ms: float, until_ms: float) -> str | None:
        """Keep the session until then, made where there is none yet; None when it was revoked."""
        row = _row(principal, now_ms, until_ms)
        with unavailable_when_gone():
            rows = _KEEP(self._transactions.engine, row)
        return rows[0].display_name if rows else None

    def begin(self, principal: Principal, *, vouched_name: str, now_ms: float, until_ms: float) -> bool:
        """Make the session; False where there was one of that id. Of two at once one makes it."""
        row = {**_row(principal, now_ms, until_ms), "vouched_name": vouched_name}
        with unavailable_when_gone():
            rows = _BEGIN(self._transactions.engine, row)
        return bool(rows)

    def names_of(self, user_id: UUID) -> PersonNames | None:
        """What the person is called, by themselves and by who vouches for them; None for nobody known."""
        with unavailable_when_gone():
            (row,) = _NAMES(self._transactions.engine, {"user_id": user_id})
        return None if row.display_name is None else PersonNames(row.display_name, row.vouched_name)

    def present_name_of(self, user_id: UUID) -> str | None:
        """By what name those of the person's sessions know them that were not revoked; None for none."""
        with unavailable_when_gone():
            rows = _PRESENT_NAME(self._transactions.engine, {"user_id": user_id})
        return rows[0].display_name if rows else None

    def revoke(self, principal: Principal, *, everywhere: bool, now_ms: float) -> None:
        """End the session, or all of the person's, and the device codes that they gave."""
        entity, now = AuthSessionEntity, int(now_ms)
        # A token of the release before has no row yet, and must not be renewed either.
        own = {**_row(principal, now_ms, now_ms + self._kept_ms), "revoked_at_ms": now, "changed_at_ms": now}
        ended = {"revoked_at_ms": now, "changed_at_ms": now}
        mine: list[ColumnElement[bool]] = [entity.user_id == principal.user_id]
        codes = [DeviceCodeEntity.user_id == principal.user_id]
        if not everywhere:
            mine.append(entity.id == principal.session_id)
            codes.append(DeviceCodeEntity.session_id == principal.session_id)
        with unavailable_when_gone(), self._transactions.begin() as session:
            session.execute(insert(entity).values(own).on_conflict_do_nothing())
            session.execute(update(entity).where(*mine, entity.revoked_at_ms.is_(None)).values(ended))
            session.execute(delete(DeviceCodeEntity).where(*codes))

    def rename(self, user_id: Any, display_name: str, now_ms: float) -> None:
        """Give all sessions of the person another name."""
        entity = AuthSessionEntity
        statement = (
            update(entity)
            .where(entity.user_id == user_id, entity.revoked_at_ms.is_(None))
            .values(display_name=display_name, changed_at_ms=int(now_ms))
        )
        with unavailable_when_gone(), self._transactions.begin() as session:
            session.execute(statement)

    def changes(self, since_ms: float) -> Sequence[SessionChange]:
        """What was revoked or renamed after `since_ms`, oldest first."""
        with unavailable_when_gone():
            rows = _CHANGES(self._transactions.engine, {"since_ms": int(since_ms)})
        return [
            SessionChange(
                session_id=row.id,
                user_id=row.user_id,
                display_name=row.display_name,
                revoked=row.revoked_at_ms is not None,
                changed_at_ms=row.changed_at_ms,
            )
            for row in rows
        ]

    def revoke_person(self, user_id: UUID, now_ms: float) -> None:
        """End all sessions and codes of a person, and the tokens that anybody has issued to them so far."""
        entity, person, now = AuthSessionEntity, RevokedPersonEntity, int(now_ms)
        ended = {"revoked_at_ms": now, "changed_at_ms": now}
        revoked = insert(person).values(user_id=user_id, revoked_at_ms=now)
        with unavailable_when_gone(), self._transactions.begin() as session:
            session.execute(
                update(entity)
                .where(entity.user_id == user_id, entity.revoked_at_ms.is_(None))
                .values(ended)
                .execution_options(synchronize_session=False)
            )
            session.execute(delete(DeviceCodeEntity).where(DeviceCodeEntity.user_id == user_id))
            session.execute(
                revoked.on_conflict_do_update(index_elements=["user_id"], set_={"revoked_at_ms": now})
            )

    def revoked_people(self, since_ms: float) -> Mapping[UUID, float]:
        """Who was revoked after `since_ms`, and when."""
        with unavailable_when_gone():
            rows = _REVOKED(self._transactions.engine, {"since_ms": int(since_ms)})
        return {row.user_id: float(row.revoked_at_ms) for row in rows}

    def old(self, now_ms: float) -> tuple[OldRows, OldRows]:
        """The sessions, and the codes, that have ended."""
        ends, code_ends = AuthSessionEntity.expires_at_ms, DeviceCodeEntity.expires_at_ms
        return (
            OldRows(self._transactions, table_of(AuthSessionEntity), ends < int(now_ms)),
            OldRows(self._transactions, table_of(DeviceCodeEntity), code_ends < int(now_ms)),
        )


def forgotten_people(transactions: Transactions, before_ms: float) -> OldRows:
    """Who was revoked before then (Unix ms): no token is as old."""
    entity = RevokedPersonEntity
    return OldRows(transactions, table_of(entity), entity.revoked_at_ms < int(before_ms))


def _row(principal: Principal, now_ms: float, until_ms: float) -> dict[str, Any]:
    return {
        "id": principal.session_id,
        "user_id": principal.user_id,
        "display_name": principal.display_name,
        "created_at_ms": int(now_ms),
        "expires_at_ms": int(until_ms),
    }


_table = table_of(AuthSessionEntity)
_NEW = insert(_table)
_KEEP = PreparedSql(
    _NEW.on_conflict_do_update(
        index_elements=["id"],
        set_={"expires_at_ms": func.greatest(_table.c.expires_at_ms, _NEW.excluded.expires_at_ms)},
        where=_table.c.revoked_at_ms.is_(None) & (_table.c.user_id == _NEW.excluded.user_id),
    ).returning(_table.c.display_name),
    columns=["id", "user_id", "display_name", "created_at_ms", "expires_at_ms"],
)
_BEGIN = PreparedSql(
    insert(_table).on_conflict_do_nothing(index_elements=["id"]).returning(_table.c.id),
    columns=["id", "user_id", "display_name", "vouched_name", "created_at_ms", "expires_at_ms"],
)
_whose = _table.c.user_id == bindparam("user_id", type_=_table.c.user_id.type)
_NAMES = PreparedSql(
    select(
        # A rename leaves out sessions that have ended before it.
        select(_table.c.display_name)
        .where(_whose)
        .order_by(_table.c.revoked_at_ms.desc().nulls_first(), _table.c.created_at_ms.desc())
        .limit(1)
        .scalar_subquery()
        .label("display_name"),
        select(_table.c.vouched_name)
        .where(_whose, _table.c.vouched_name.is_not(None))
        .order_by(_table.c.created_at_ms.desc())
        .limit(1)
        .scalar_subquery()
        .label("vouched_name"),
    )
)
_PRESENT_NAME = PreparedSql(
    select(_table.c.display_name)
    .where(_whose, _table.c.revoked_at_ms.is_(None))
    .order_by(_table.c.changed_at_ms.desc().nulls_last(), _table.c.created_at_ms.desc())
    .limit(1)
)
_CHANGES = PreparedSql(
    select(_table)
    .where(_table.c.changed_at_ms > bindparam("since_ms", type_=_table.c.changed_at_ms.type))
    .order_by(_table.c.changed_at_ms)
)
_people = table_of(RevokedPersonEntity)
_REVOKED = PreparedSql(
    select(_people).where(_people.c.revoked_at_ms > bindparam("since_ms", type_=_people.c.revoked_at_ms.type))
)
