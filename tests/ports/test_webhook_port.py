"""What every place for endpoints and streams must do, told to the fake and to Postgres alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, delete, insert

from partyapp.party.contract import PartyEvent
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.entities import PartyEventEntity, SyncedPartySessionEntity
from partyapp.party.infrastructure.event_log import PostgresEventLog
from partyapp.party.infrastructure.party_directory import PostgresPartyDirectory
from partyapp.party.infrastructure.services.party_session_service import PartySessionService
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.database import Transactions
from partyapp.webhook.application.ports import EndpointPort, StreamPort
from partyapp.webhook.domain.stream import ClaimedStream, Settlement
from partyapp.webhook.infrastructure.consumer import WebhookConsumer
from partyapp.webhook.infrastructure.entities import WEBHOOK_ENTITIES
from partyapp.webhook.infrastructure.postgres_endpoints import PostgresEndpoints
from partyapp.webhook.infrastructure.postgres_streams import PostgresStreams
from tests.support.fakes_webhook import InMemoryWebhooks, endpoint, event
from tests.support.fresh_database import emptied, fresh_tables
from tests.support.party_objects import created

ENTITIES = (SyncedPartySessionEntity, PartyEventEntity, *WEBHOOK_ENTITIES)
NOW, LATER = 10_000.0, 25_000.0


@dataclass(frozen=True)
class Place:
    endpoints: EndpointPort
    streams: StreamPort
    relay: Callable[[Sequence[PartyEvent]], None]
    new_party: Callable[[], UUID]
    forget: Callable[[UUID], object]

    def claim(self, endpoint_id: UUID, amount: int = 9, now_ms: float = NOW) -> list[ClaimedStream]:
        return self.streams.claim({endpoint_id: amount}, now_ms, now_ms + 15_000)

    def with_events(self, *revisions: int, **facts: Any) -> tuple[UUID, UUID]:
        """An endpoint, and a party of which it has these events to get."""
        one, party_id = endpoint(**facts), self.new_party()
        self.endpoints.add(one)
        self.relay([event(party_id, revision) for revision in revisions])
        return one.id, party_id


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    with fresh_tables(database_url, ENTITIES) as engine:
        yield engine


def in_postgres(engine: Engine) -> Place:
    emptied(engine, ENTITIES)
    transactions = Transactions(engine)

    def relay(events: Sequence[PartyEvent]) -> None:
        with transactions.begin() as session:
            session.execute(insert(PartyEventEntity), [mapping.event_columns(each, None) for each in events])
            WebhookConsumer(FixedClock(NOW)).consume(events, PostgresPartyDirectory(session), session)

    def new_party() -> UUID:
        session = created()
        with transactions.begin() as transaction:
            PartySessionService(transaction).add(session)
            # What it was made with is told by nobody here.
            transaction.query(PartyEventEntity).filter_by(party_id=session.state.id).delete()
        return session.state.id

    streams = PostgresStreams(transactions, PostgresEventLog)

    def forget(party_id: UUID) -> None:
        with transactions.begin() as session:
            session.execute(delete(PartyEventEntity).where(PartyEventEntity.party_id == party_id))

    return Place(PostgresEndpoints(transactions), streams, relay, new_party, forget)


@pytest.fixture(params=["memory", "postgres"])
def place(request: pytest.FixtureRequest) -> Place:
    if request.param == "memory":
        fake = InMemoryWebhooks()
        return Place(fake, fake, fake.relay, new_id, fake.log.pop)
    return in_postgres(request.getfixturevalue("engine"))


def settled(stream: ClaimedStream, cursor: int, **changes: Any) -> Settlement:
    good = Settlement(
        endpoint_id=stream.endpoint_id, party_id=stream.party_id, fence=stream.fence, cursor=cursor
    )
    return replace(good, **changes)


def revisions(stream: ClaimedStream) -> list[int]:
    return [due.event.revision for due in stream.due]


def test_endpoints_are_kept_as_they_are(place: Place) -> None:
    some = endpoint(events=("member_joined",), parties=(new_id(),), owner="shop")
    place.endpoints.add(some)
    place.endpoints.add(endpoint())
    assert place.endpoints.get(some.id) == some
    assert [found.id for found in place.endpoints.all()] == sorted(f.id for f in place.endpoints.all())
    assert place.endpoints.remove(some.id)
    assert place.endpoints.get(some.id) is None
    assert not place.endpoints.remove(some.id)


def test_failures_count_until_something_works(place: Place) -> None:
    one = endpoint()
    place.endpoints.add(one)
    for now_ms in (1.0, 2.0):
        place.endpoints.failed(one.id, "http_500", began_ms=now_ms, now_ms=now_ms, not_before_ms=None)
    failing = place.endpoints.get(one.id)
    assert failing == replace(one, failures=2, failing_since_ms=1.0, last_error="http_500")
    place.endpoints.failed(one.id, "refused", began_ms=3.0, now_ms=3.0, not_before_ms=100.0)
    # Begun before it was found to be down: nothing new.
    place.endpoints.failed(one.id, "refused", began_ms=3.0, now_ms=4.0, not_before_ms=200.0)
    down = place.endpoints.get(one.id)
    assert down is not None
    assert (down.failures, down.not_before_ms, down.state) == (3, 100.0, "down")
    place.endpoints.worked(one.id, 101.0)
    assert place.endpoints.get(one.id) == one


def test_what_waits_is_due_at_once_when_a_down_endpoint_works_again(place: Place) -> None:
    one, party_id = place.with_events(1)
    place.streams.settle([settled(place.claim(one)[0], 0, not_before_ms=NOW + 99_000, attempts=3)])
    place.endpoints.failed(one, "refused", began_ms=1.0, now_ms=NOW, not_before_ms=NOW + 1)
    assert place.claim(one) == []
    place.endpoints.worked(one, NOW)
    assert [stream.party_id for stream in place.claim(one)] == [party_id]


def test_disabled_is_told_nothing_and_goes_on_when_it_is_enabled(place: Place) -> None:
    one, party_id = place.with_events(1)
    assert place.endpoints.disable(one, "gone")
    place.relay([event(party_id, 2)])
    place.relay([event(place.new_party(), 1)])
    found = place.endpoints.get(one)
    assert found is not None
    assert found.state == "disabled"
    assert place.endpoints.disable(one, None)
    place.relay([event(party_id, 3)])
    assert [revisions(stream) for stream in place.claim(one)] == [[1, 2, 3]]
    assert not place.endpoints.disable(new_id(), "gone")


def test_a_stream_begins_with_the_first_event_that_is_wanted(place: Place) -> None:
    one = endpoint(events=("member_left",))
    place.endpoints.add(one)
    party_id = place.new_party()
    place.relay([event(party_id, 4), event(party_id, 5, type="member_left"), event(party_id, 6)])
    (stream,) = place.claim(one.id)
    assert (stream.cursor, revisions(stream)) == (4, [5])


def test_only_these_parties(place: Place) -> None:
    party_id, other = place.new_party(), place.new_party()
    one = endpoint(parties=(party_id,))
    place.endpoints.add(one)
    place.relay([event(party_id, 1), event(other, 1)])
    assert [stream.party_id for stream in place.claim(one.id)] == [party_id]


def test_a_claim_holds_as_long_as_its_lease(place: Place) -> None:
    one, party_id = place.with_events(1, 2)
    (stream,) = place.claim(one)
    assert (stream.party_id, stream.cursor, revisions(stream)) == (party_id, 0, [1, 2])
    assert place.claim(one) == []
    assert place.streams.due([one, new_id()], NOW) == set()
    assert place.streams.due([one, new_id()], LATER) == {one}
    (again,) = place.claim(one, now_ms=LATER)
    assert again.fence > stream.fence
    # Who comes too late changes nothing.
    place.streams.settle([settled(stream, 2)])
    place.streams.settle([settled(again, 1)])
    assert [revisions(found) for found in place.claim(one, now_ms=LATER)] == [[2]]


def test_many_endpoints_are_told_of_many_parties(place: Place) -> None:
    """More values than one statement takes, in the relay and where all of it is given up."""
    endpoints, party_id = [endpoint() for _ in range(70)], place.new_party()
    for found in endpoints:
        place.endpoints.add(found)
    place.relay([event(place.new_party(), 1) for _ in range(100)])
    place.relay([event(party_id, revision, at_ms=1.0) for revision in range(1, 1001)])
    assert place.streams.due([found.id for found in endpoints], NOW) == {found.id for found in endpoints}
    assert place.streams.give_up(endpoints[0].id, None, "refused", before_ms=1.0, now_ms=NOW) == 1000


def test_what_is_settled_is_remembered_and_done_when_it_is_all(place: Place) -> None:
    one, party_id = place.with_events(1, 2)
    (stream,) = place.claim(one)
    place.streams.settle(
        [settled(stream, 1, attempts=2, failing_since_ms=5.0, not_before_ms=NOW + 1, delivered=1, failed=1)]
    )
    assert place.claim(one) == []
    (again,) = place.claim(one, now_ms=NOW + 1)
    assert (again.cursor, again.attempts, again.failing_since_ms) == (1, 2, 5.0)
    place.streams.settle([settled(again, 2, delivered=1)])
    assert place.claim(one, now_ms=LATER) == []
    found = place.endpoints.get(one)
    assert found is not None
    assert (found.delivered, found.failed) == (2, 1)
    place.relay([event(party_id, 3)])
    assert [revisions(stream) for stream in place.claim(one, now_ms=LATER)] == [[3]]


def test_each_endpoint_gives_as_many_as_are_wanted_of_it(place: Place) -> None:
    one, other = endpoint(), endpoint()
    place.endpoints.add(one)
    place.endpoints.add(other)
    place.relay([event(place.new_party(), 1) for _ in range(4)])
    claimed = place.streams.claim({one.id: 3, other.id: 1}, NOW, LATER)
    assert sorted(stream.endpoint_id for stream in claimed) == sorted([one.id] * 3 + [other.id])


def test_what_is_too_old_is_given_up_and_the_rest_goes_on(place: Place) -> None:
    one, party_id = place.with_events(1, 2, 3)
    other = place.new_party()
    place.relay([event(other, 1)])
    (stream,) = [found for found in place.claim(one) if found.party_id == party_id]
    place.streams.settle([settled(stream, 0, attempts=7)])
    assert place.streams.give_up(one, party_id, "http_500", before_ms=1002.0, now_ms=NOW) == 2
    dead = place.streams.dead_letters(one, 9)
    assert [(letter.revision, letter.attempts, letter.error) for letter in dead] == [
        (1, 7, "http_500"),
        (2, 0, "http_500"),
    ]
    assert {(letter.party_id, letter.type) for letter in dead} == {(party_id, "playback_started")}
    assert place.streams.dead_letters(None, 1) == dead[:1]
    assert [revisions(found) for found in place.claim(one)] == [[3]]
    # The other party's is under somebody's lease.
    assert place.streams.give_up(one, None, "refused", before_ms=1002.0, now_ms=NOW) == 0
    assert place.streams.give_up(one, None, "refused", before_ms=1002.0, now_ms=LATER) == 1


def test_a_replay_comes_before_what_follows_and_is_gone_once_it_is_delivered(place: Place) -> None:
    one, party_id = place.with_events(1, 2, 3)
    place.streams.give_up(one, None, "refused", before_ms=1002.0, now_ms=NOW)
    assert place.streams.replay(one, None, NOW) == 2
    assert place.streams.dead_letters(one, 9) == []
    (stream,) = place.claim(one)
    assert revisions(stream) == [1, 2, 3]
    first, second, third = (due.dead_letter_id for due in stream.due)
    assert third is None
    assert first is not None
    place.streams.settle([settled(stream, 2, replayed=(first,), not_before_ms=NOW + 5, attempts=1)])
    # The other one fails for too long once more.
    assert place.streams.give_up(one, party_id, "http_500", before_ms=NOW, now_ms=LATER) == 2
    dead = place.streams.dead_letters(one, 9)
    assert [(letter.revision, letter.error) for letter in dead] == [(2, "http_500"), (3, "http_500")]
    assert place.streams.replay(one, [dead[0].id], LATER) == 1
    (stream,) = place.claim(one, now_ms=LATER)
    assert second is not None
    place.streams.settle([settled(stream, 3, replayed=(second,))])
    assert place.claim(one, now_ms=LATER) == []
    assert [letter.revision for letter in place.streams.dead_letters(one, 9)] == [3]


def test_what_is_gone_with_its_party_is_due_no_more(place: Place) -> None:
    one, party_id = place.with_events(1, 2)
    place.streams.give_up(one, None, "refused", before_ms=1001.0, now_ms=NOW)
    place.streams.replay(one, None, NOW)
    place.forget(party_id)
    (stream,) = place.claim(one)
    assert (stream.due, stream.cursor, stream.until) == ((), 1, 2)
    place.streams.settle([settled(stream, stream.until)])
    assert place.streams.due([one], LATER) == set()
    assert place.streams.dead_letters(one, 9) == []


def test_whoever_is_removed_leaves_nothing(place: Place) -> None:
    one, _ = place.with_events(1, 2)
    place.streams.give_up(one, None, "refused", before_ms=1001.0, now_ms=NOW)
    place.endpoints.remove(one)
    assert place.claim(one) == []
    assert place.streams.dead_letters(None, 9) == []
