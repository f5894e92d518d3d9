"""What is written down of who was there, and that one party's locked row is written later."""

from __future__ import annotations

import pytest

from partyapp.party.live.attendance_writer import AttendanceWriter
from partyapp.party.live.rest_members import RestMembers
from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.kernel.ids import new_id
from tests.support.live_env import LiveEnv
from tests.support.party_objects import T0
from tests.support.presence_env import RecordedAttendance

GRACE_MS, REFRESH_MS = 60_000.0, 20_000.0


class Written:
    """A room with its host, and what is written of it."""

    def __init__(self) -> None:
        self.env, self.store = LiveEnv(), RecordedAttendance()
        self.writer = AttendanceWriter(
            self.env.hub, RestMembers(), self.store, host_grace_ms=GRACE_MS, refresh_ms=REFRESH_MS
        )
        self.id, self.host_id = self.env.store.id, self.env.store.session.state.host_id


@pytest.fixture
def written() -> Written:
    return Written()


def test_a_connected_hosts_lease_outlives_the_next_renewal_by_the_grace(written: Written) -> None:
    written.env.enter()
    written.writer.write(T0)
    assert written.store.leases == {written.id: T0 + GRACE_MS + REFRESH_MS}
    written.writer.write(T0 + REFRESH_MS)
    assert written.store.leases == {written.id: T0 + GRACE_MS + REFRESH_MS}, "not yet again"


def test_the_lease_of_a_host_who_comes_back_begins_anew_at_once(written: Written) -> None:
    guest = written.env.store.join()
    written.env.enter(guest.events[0].actor_id)
    written.writer.write(T0)
    assert written.store.leases == {}
    written.env.enter()
    written.writer.came(written.id, written.host_id)
    written.writer.write(T0 + 1000)
    assert written.store.leases == {written.id: T0 + 1000 + GRACE_MS + REFRESH_MS}


def test_a_visit_that_could_not_be_written_is_tried_again(written: Written) -> None:
    locked, other = new_id(), new_id()
    written.store.locked = {locked}
    for party_id in (locked, other):
        written.writer.came(party_id, new_id())
    written.writer.write(T0)
    assert written.store.visited == [other]
    written.store.locked, written.store.error = set(), Unavailable()
    written.writer.write(T0 + 1000)
    # A bug of ours is no reason to forget who was there either.
    written.store.error = KeyError("a bug")
    with pytest.raises(KeyError):
        written.writer.write(T0 + 1500)
    written.store.error = None
    written.writer.write(T0 + 2000)
    assert written.store.visited == [other, locked]


def test_who_goes_was_there_until_then(written: Written) -> None:
    written.env.enter()
    written.writer.went(written.id, written.host_id)
    written.writer.write(T0)
    assert written.store.seen == {(written.id, written.host_id): T0}


def test_of_a_party_that_is_over_nothing_is_written(written: Written) -> None:
    written.env.enter()
    session = written.env.store.session
    session.abandon(T0)
    written.env.feed.announce(written.env.store.commit())
    written.writer.went(written.id, written.host_id)
    written.writer.write(T0)
    assert written.store.seen == {}
