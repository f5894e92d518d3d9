"""The chat in Postgres: numbers under concurrency and failure, and how long it is kept."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from partyapp.chat.application.ports import CHAT_MARK, ChatMark, ChatSlice
from partyapp.chat.domain.errors import IdTaken
from partyapp.chat.domain.message import ChatHead
from partyapp.chat.infrastructure.postgres_chat import PostgresChat
from partyapp.chat.infrastructure.reading_statement import chat_mark
from partyapp.chat.infrastructure.retention import OldChats
from partyapp.party.infrastructure.queries import PartyQueries
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.database import Transactions
from tests.support.chat_places import AT_ONCE, ENTITIES, Party, Place, postgres_place
from tests.support.party_objects import T0
from tests.support.rows_read import rows_read

POOL_SIZE = AT_ONCE + 2
__all__ = ["ENTITIES"]
#: What was said first, 499 times more.
MANY = """
INSERT INTO chat_messages (party_id, seq, id, user_id, display_name, text, at_ms, position_s, video_id)
SELECT party_id, number, gen_random_uuid(), user_id, display_name, text, at_ms, position_s, video_id
FROM chat_messages, generate_series(2, 500) AS number WHERE party_id = :id
"""


@pytest.fixture
def postgres(engine: Engine) -> Place:
    return postgres_place(engine)


def test_numbers_have_no_gap_and_order_no_change_however_many_write_at_once(postgres: Place) -> None:
    party = Party(postgres)
    postgres.put(replace(party.state, id=new_id()), [])
    shared = [party.saying() for _ in range(20)]

    def many(writer: int) -> list[int]:
        numbers = []
        for number in range(20):
            # Everybody repeats the same twenty, and has messages of their own beside; some are refused.
            numbers.append(postgres.chat.say(shared[number]).message.seq)
            numbers.append(party.say(party.host).seq)
            with pytest.raises(IdTaken):
                postgres.chat.say(replace(shared[number], user_id=party.host))
        return numbers

    seen: list[int] = []

    def watch() -> None:
        # A number is never seen before those below it.
        while len(seen) < 20 + AT_ONCE * 20:
            after = seen[-1] if seen else 0
            seen.extend(each.seq for each in postgres.chat.messages(party.id, ChatSlice(after=after)))

    with ThreadPoolExecutor(AT_ONCE + 1) as threads:
        watching = threads.submit(watch)
        given = list(threads.map(many, range(AT_ONCE)))
        watching.result()
    assert seen == list(range(1, 20 + AT_ONCE * 20 + 1))
    assert sorted({number for numbers in given for number in numbers}) == seen


def test_a_message_that_fails_leaves_no_gap(postgres: Place, engine: Engine) -> None:
    party = Party(postgres)
    party.say()
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE chat_messages ADD CONSTRAINT never CHECK (text <> 'boom')"))
    try:
        with pytest.raises(Exception, match="never"):
            party.say(text="boom")
    finally:
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE chat_messages DROP CONSTRAINT never"))
    assert party.say().seq == 2


class TalkedParty(Party):
    """A party in which somebody has said something."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.first = self.say().id


ASKED: dict[str, tuple[Callable[[PostgresChat, TalkedParty], Any], int]] = {
    "say": (lambda chat, party: chat.say(party.saying()), 0),
    "say again": (lambda chat, party: chat.say(party.saying(id=party.first)), 1),
    "read one": (lambda chat, party: chat.message(party.id, 7), 1),
    "delete": (lambda chat, party: chat.delete(party.id, 7), 2),
}


@pytest.mark.parametrize("newest", ["uq_chat_messages_own_id", "ix_chat_messages_video"])
def test_nothing_looks_at_more_messages_than_it_finds(postgres: Place, engine: Engine, newest: str) -> None:
    _say_more(engine, TalkedParty(postgres))
    with engine.begin() as connection:
        # To PostgreSQL nobody says anything in any other party; of equal indexes it takes the newest.
        definition = connection.scalar(text(f"SELECT pg_get_indexdef('{newest}'::regclass)"))
        connection.execute(text(f"DROP INDEX {newest}"))
        connection.execute(text(str(definition)))
        connection.execute(text("ANALYZE chat_messages"))
    party = TalkedParty(postgres)
    _say_more(engine, party)
    for what, (ask, most) in ASKED.items():

        def asked(transactions: Transactions, ask: Callable[[PostgresChat, TalkedParty], Any] = ask) -> Any:
            return ask(PostgresChat(transactions), party)

        _, looked_at = rows_read(engine, "chat_messages", asked)
        assert looked_at <= most, what


def _say_more(engine: Engine, party: Party) -> None:
    with engine.begin() as connection:
        connection.execute(text(MANY), {"id": party.id})
        connection.execute(
            text("UPDATE chat_counters SET last_seq = 500 WHERE party_id = :id"), {"id": party.id}
        )


def test_saying_something_leaves_the_partys_row_alone(postgres: Place, engine: Engine) -> None:
    party = Party(postgres)
    row = select(text("xmin, revision")).select_from(text("synced_party_sessions"))
    with engine.connect() as connection:
        before = connection.execute(row).all()
        party.say()
        assert connection.execute(row).all() == before


def test_the_chat_of_a_party_that_ended_long_ago_is_deleted_bit_by_bit(
    postgres: Place, engine: Engine
) -> None:
    old, young, active = Party(postgres), Party(postgres), Party(postgres)
    for party in (old, young, active):
        for _ in range(5):
            party.say()
        postgres.chat.mute(party.id, party.member.user_id, T0 + 99_999)
    with engine.begin() as connection:
        for party, at_ms in ((old, T0 + 10), (young, T0 + 30)):
            connection.execute(
                text("UPDATE synced_party_sessions SET status = 'ended', ended_at_ms = :at WHERE id = :id"),
                {"at": at_ms, "id": party.id},
            )
    transactions = Transactions(engine)
    talk = OldChats(transactions, T0 + 20)
    assert talk.count() == 5
    # Five messages, a mute and the counter.
    assert [talk.delete(3) for _ in range(4)] == [3, 3, 1, 0]
    assert [len(party.all()) for party in (old, young, active)] == [0, 5, 5]
    assert postgres.chat.heads([old.id, young.id]) == {young.id: ChatHead(last_seq=5, mutes=1)}
    assert old.reading().muted_until_ms is None
    assert active.reading().muted_until_ms == T0 + 99_999


def test_the_mark_that_is_read_with_a_party_says_how_far_its_chat_has_come(
    engine: Engine, postgres: Place
) -> None:
    party, silent = Party(postgres), Party(postgres)
    queries = PartyQueries(Transactions(engine), {CHAT_MARK: chat_mark})

    def marks() -> list[ChatMark]:
        found = queries.parties_at_once([(party.id, party.host), (silent.id, silent.host)])
        return [ChatMark.of(each.marks[CHAT_MARK]) for each in found if each is not None]

    nothing = ChatMark(ChatHead(), False)
    assert marks() == [nothing, nothing]
    first, _ = party.say(party.host), party.say(party.host)
    postgres.chat.delete(party.id, first.seq)
    assert marks() == [ChatMark(ChatHead(last_seq=2, deletions=1), False), nothing]
    postgres.chat.mute(party.id, party.host, T0)
    assert marks() == [ChatMark(ChatHead(last_seq=2, deletions=1, mutes=1), True), nothing]
    postgres.chat.mute(party.id, party.host, None)
    assert marks() == [ChatMark(ChatHead(last_seq=2, deletions=1, mutes=2), False), nothing]
    assert queries.party(party.id, party.host).marks == {}
