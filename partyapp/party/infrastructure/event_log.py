"""PartyEventLog: the audit logs of several parties in one query, on one Postgres transaction."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, Integer, Select, Uuid, bindparam, column, func, select, true
from sqlalchemy.orm import Session

from partyapp.party.contract import EventRange, PartyEvent
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.entities import PartyEventEntity

_COLUMNS = ("party_id", "revision", "id", "type", "at_ms", "actor_id", "data")


class PostgresEventLog:
    """`PartyEventLog` on a transaction of another context. A question about nothing is no query."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def events(self, ranges: Sequence[EventRange], limit: int) -> list[list[PartyEvent]]:
        """The first events of each range, at most `limit`, in the order of their revisions."""
        found: list[list[PartyEvent]] = [[] for _ in ranges]
        if not ranges:
            return found
        asked = {
            "party_ids": [each.party_id for each in ranges],
            "afters": [each.after for each in ranges],
            "untils": [each.until for each in ranges],
        }
        for row in self._session.execute(_asking(limit), asked):
            found[row.number - 1].append(mapping.event_of(row))
        return found


@lru_cache(maxsize=8)
def _asking(limit: int) -> Select[Any]:
    """The statement; making it takes longer than what it asks for."""
    asking = (
        func.unnest(
            bindparam("party_ids", type_=ARRAY(Uuid)),
            bindparam("afters", type_=ARRAY(Integer)),
            bindparam("untils", type_=ARRAY(Integer)),
        )
        .table_valued(
            column("party_id"), column("after"), column("until"), with_ordinality="number", name="asking"
        )
        .render_derived()
    )
    entity = PartyEventEntity
    some = (
        select(*(getattr(entity, name) for name in _COLUMNS))
        .where(
            entity.party_id == asking.c.party_id,
            entity.revision > asking.c.after,
            entity.revision <= asking.c.until,
        )
        .order_by(entity.revision)
        .limit(limit)
        .lateral("some")
    )
    return (
        select(asking.c.number, *some.c)
        .select_from(asking.join(some, true()))
        .order_by(asking.c.number, some.c.revision)
    )
