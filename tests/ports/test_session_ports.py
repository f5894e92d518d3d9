"""What keepers of sessions and device codes must do, told to the fakes and to those in Postgres alike."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import Engine, text

from partyapp.auth.application import DeviceCodes, PersonNames, Sessions
from partyapp.auth.infrastructure.device_codes import PostgresDeviceCodes
from partyapp.auth.infrastructure.entities import AuthSessionEntity, DeviceCodeEntity, RevokedPersonEntity
from partyapp.auth.infrastructure.sessions import PostgresSessions
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.principal import Principal
from partyapp.shared.storage.database import Transactions
from tests.support.fakes_auth import FakeSessions
from tests.support.fresh_database import emptied, fresh_tables
from tests.support.waiting import LIMIT_S

ENTITIES = (AuthSessionEntity, DeviceCodeEntity, RevokedPersonEntity)
T0 = 1_700_000_000_000.0
MINUTE = 60_000.0


@dataclass(frozen=True)
class Ports:
    sessions: Sessions
    codes: DeviceCodes

    def keep(self, who: Principal) -> str | None:
        return self.sessions.keep(who, now_ms=T0, until_ms=T0 + 100 * MINUTE)

    def begin(self, who: Principal, vouched_name: str, now_ms: float) -> bool:
        return self.sessions.begin(
            who, vouched_name=vouched_name, now_ms=now_ms, until_ms=now_ms + 100 * MINUTE
        )

    def code_of(self, who: Principal) -> str:
        return self.codes.issue(who, now_ms=T0, until_ms=T0 + 5 * MINUTE)


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    with fresh_tables(database_url, ENTITIES) as engine:
        yield engine


@pytest.fixture(params=["memory", "postgres"])
def ports(request: pytest.FixtureRequest) -> Ports:
    if request.param == "memory":
        fake = FakeSessions()
        return Ports(fake, fake)
    engine: Engine = request.getfixturevalue("engine")
    emptied(engine, ENTITIES)
    transactions = Transactions(engine)
    return Ports(PostgresSessions(transactions, kept_s=6000.0), PostgresDeviceCodes(transactions, "k" * 32))


@pytest.fixture
def ada() -> Principal:
    return Principal(user_id=new_id(), display_name="Ada", session_id=new_id())


def test_a_session_is_kept_under_the_name_it_has(ports: Ports, ada: Principal) -> None:
    assert ports.keep(ada) == "Ada"
    assert ports.keep(replace(ada, display_name="Other")) == "Ada"


def test_a_session_is_begun_once(ports: Ports, ada: Principal) -> None:
    def begin(_: int) -> bool:
        return ports.begin(ada, "Ada", T0)

    with ThreadPoolExecutor(4) as crowd:
        assert sorted(crowd.map(begin, range(4))) == [False, False, False, True]
    assert ports.keep(ada) == "Ada"
    ports.sessions.revoke(ada, everywhere=False, now_ms=T0)
    assert not begin(0)


def test_names_are_those_of_the_latest_sessions(ports: Ports, ada: Principal) -> None:
    names_of = ports.sessions.names_of
    assert names_of(ada.user_id) is None
    guest, first, last = (replace(ada, session_id=new_id()) for _ in range(3))
    ports.keep(replace(ada, user_id=new_id(), display_name="Somebody"))
    ports.keep(guest)
    assert names_of(ada.user_id) == PersonNames("Ada", None)
    assert ports.begin(first, "Ada of the school", T0 + 1)
    assert ports.begin(last, "Ada B.", T0 + 2)
    # Again it changes nothing.
    assert not ports.begin(replace(first, display_name="Another"), "Another", T0 + 3)
    assert names_of(ada.user_id) == PersonNames("Ada", "Ada B.")
    ports.sessions.revoke(last, everywhere=False, now_ms=T0 + 4)
    ports.sessions.rename(ada.user_id, "Countess", T0 + 5)
    assert names_of(ada.user_id) == PersonNames("Countess", "Ada B.")
    ports.sessions.revoke(first, everywhere=True, now_ms=T0 + 6)
    assert names_of(ada.user_id) == PersonNames("Countess", "Ada B.")


def test_a_session_of_another_person_is_none_of_ours(ports: Ports, ada: Principal) -> None:
    ports.keep(ada)
    assert ports.keep(replace(ada, user_id=new_id())) is None


def test_a_revoked_session_is_kept_no_more(ports: Ports, ada: Principal) -> None:
    other = replace(ada, session_id=new_id())
    assert ports.keep(ada) == ports.keep(other) == "Ada"
    ports.sessions.revoke(ada, everywhere=False, now_ms=T0 + 1)
    assert (ports.keep(ada), ports.keep(other)) == (None, "Ada")
    (change,) = ports.sessions.changes(T0)
    assert (change.session_id, change.user_id, change.revoked) == (ada.session_id, ada.user_id, True)
    assert ports.sessions.changes(T0 + 1) == []


def test_a_session_without_a_row_is_revoked_too(ports: Ports, ada: Principal) -> None:
    ports.sessions.revoke(ada, everywhere=False, now_ms=T0 + 1)
    assert ports.keep(ada) is None
    assert [change.revoked for change in ports.sessions.changes(T0)] == [True]


def test_everywhere_is_all_of_the_person_and_nobody_else(ports: Ports, ada: Principal) -> None:
    other, grace = replace(ada, session_id=new_id()), replace(ada, user_id=new_id(), session_id=new_id())
    for each in (ada, other, grace):
        ports.keep(each)
    ports.sessions.revoke(other, everywhere=True, now_ms=T0 + 1)
    assert [ports.keep(each) for each in (ada, other, grace)] == [None, None, "Ada"]


def test_a_name_changes_in_all_sessions_of_the_person(ports: Ports, ada: Principal) -> None:
    other, gone = replace(ada, session_id=new_id()), replace(ada, session_id=new_id())
    for each in (ada, other, gone):
        ports.keep(each)
    ports.sessions.revoke(gone, everywhere=False, now_ms=T0 + 1)
    ports.sessions.rename(ada.user_id, "Ada L.", T0 + 2)
    assert [ports.keep(each) for each in (ada, other, gone)] == ["Ada L.", "Ada L.", None]
    changes = ports.sessions.changes(T0 + 1)
    assert {change.session_id for change in changes} == {ada.session_id, other.session_id}
    assert {(change.display_name, change.revoked) for change in changes} == {("Ada L.", False)}


def test_a_code_opens_once_and_again_for_the_same_session(ports: Ports, ada: Principal) -> None:
    ports.keep(ada)
    code, mine = ports.code_of(ada), new_id()
    for _ in range(2):
        found = ports.codes.redeem(code, session_id=mine, now_ms=T0 + MINUTE)
        assert found == Principal(user_id=ada.user_id, display_name="Ada")
    assert ports.codes.redeem(code, session_id=new_id(), now_ms=T0 + MINUTE) is None


@pytest.mark.parametrize("code", ["", "BBBBBBBB", "\x00", "ä"])
def test_what_is_no_code_opens_nothing(ports: Ports, ada: Principal, code: str) -> None:
    assert ports.codes.redeem(code, session_id=new_id(), now_ms=T0) is None


def test_a_code_ends_with_its_time_the_next_one_and_its_session(ports: Ports, ada: Principal) -> None:
    ports.keep(ada)
    late, replaced = ports.code_of(ada), ports.code_of(ada)
    assert ports.codes.redeem(late, session_id=new_id(), now_ms=T0) is None
    assert ports.codes.redeem(replaced, session_id=new_id(), now_ms=T0 + 5 * MINUTE) is None
    unused = ports.code_of(ada)
    ports.sessions.revoke(ada, everywhere=False, now_ms=T0 + 1)
    assert ports.codes.redeem(unused, session_id=new_id(), now_ms=T0 + 2) is None


def test_of_many_who_use_a_code_at_once_one_gets_in(ports: Ports, ada: Principal) -> None:
    ports.keep(ada)
    code, start = ports.code_of(ada), threading.Barrier(8)

    def use(_: int) -> Principal | None:
        start.wait(LIMIT_S)
        return ports.codes.redeem(code, session_id=new_id(), now_ms=T0 + 1)

    with ThreadPoolExecutor(8) as crowd:
        assert len([found for found in crowd.map(use, range(8)) if found is not None]) == 1


def test_codes_are_kept_as_keyed_hashes_and_forgotten(engine: Engine, ada: Principal) -> None:
    emptied(engine, ENTITIES)
    transactions = Transactions(engine)
    sessions = PostgresSessions(transactions, kept_s=6000.0)
    one, other = (PostgresDeviceCodes(transactions, secret * 32) for secret in "ab")
    sessions.keep(ada, now_ms=T0, until_ms=T0 + MINUTE)
    code = one.issue(ada, now_ms=T0, until_ms=T0 + MINUTE)
    assert other.redeem(code, session_id=new_id(), now_ms=T0) is None
    with engine.connect() as connection:
        row = connection.execute(text("SELECT row_to_json(t)::text FROM auth_device_codes t")).scalar_one()
        assert code not in row
        assert [old.delete(100) for old in sessions.old(T0 + MINUTE - 1)] == [0, 0]
        assert connection.execute(text("SELECT count(*) FROM auth_sessions")).scalar_one() == 1
        assert [old.delete(100) for old in sessions.old(T0 + MINUTE + 1)] == [1, 1]
        for table in ("auth_sessions", "auth_device_codes"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0


def test_a_revoked_person_has_nothing_left(ports: Ports, ada: Principal) -> None:
    other = replace(ada, session_id=new_id())
    ben = replace(ada, session_id=new_id(), user_id=new_id())
    for who in (ada, other, ben):
        ports.keep(who)
    code = ports.code_of(ada)
    ports.sessions.revoke_person(ada.user_id, T0 + 1)
    assert ports.codes.redeem(code, session_id=new_id(), now_ms=T0 + 2) is None
    assert [ports.keep(who) for who in (ada, other, ben)] == [None, None, ben.display_name]
    found = {change.session_id for change in ports.sessions.changes(T0) if change.revoked}
    assert found == {ada.session_id, other.session_id}
    assert ports.sessions.revoked_people(T0) == {ada.user_id: T0 + 1}
    # Again, and of somebody who never was here.
    ports.sessions.revoke_person(ada.user_id, T0 + 5)
    stranger = new_id()
    ports.sessions.revoke_person(stranger, T0 + 3)
    assert ports.sessions.revoked_people(T0 + 1) == {ada.user_id: T0 + 5, stranger: T0 + 3}
    assert ports.sessions.revoked_people(T0 + 5) == {}
