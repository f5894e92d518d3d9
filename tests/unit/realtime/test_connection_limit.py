"""Places for sockets: so many a person, each given back once."""

from __future__ import annotations

from partyapp.realtime.websocket.connection_limit import ConnectionLimit
from partyapp.shared.kernel.ids import new_id

ADA, GRACE, PARTY = new_id(), new_id(), new_id()


def test_each_person_has_so_many_places() -> None:
    sockets = ConnectionLimit(2)
    places = [sockets.take(ADA, (PARTY, new_id())) for _ in range(2)]
    assert None not in places
    assert sockets.take(ADA, (PARTY, new_id())) is None
    assert sockets.take(GRACE, (PARTY, new_id())) is not None


def test_a_place_is_given_back_once() -> None:
    sockets = ConnectionLimit(2)
    first, second = sockets.take(ADA, 1), sockets.take(ADA, 2)
    assert first is not None
    assert second is not None
    for _ in range(3):
        first.give_back()
    assert sockets.take(ADA, 3) is not None
    assert sockets.take(ADA, 4) is None


def test_a_device_that_comes_anew_needs_no_other_place() -> None:
    sockets = ConnectionLimit(1)
    old, new = sockets.take(ADA, (PARTY, None)), sockets.take(ADA, (PARTY, None))
    assert old is not None
    assert new is not None
    old.give_back()
    assert sockets.take(ADA, (PARTY, ADA)) is None, "the newer socket is still there"
    new.give_back()
    assert sockets.take(ADA, (PARTY, ADA)) is not None


def test_nothing_is_kept_of_who_has_no_socket() -> None:
    sockets = ConnectionLimit(1)
    place = sockets.take(ADA, 1)
    assert place is not None
    place.give_back()
    assert len(sockets) == 0
