"""What each request of a member of a party of 10,000 reads of its members, over the whole web application."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import gevent
import pytest
from sqlalchemy import Engine, create_engine, text
from werkzeug.test import TestResponse

from partyapp.app import create_app
from partyapp.bootstrap import build_command_kinds, build_unit_of_work
from partyapp.commands.executor import CommandExecutor
from partyapp.description import DESCRIPTION
from partyapp.notification.infrastructure.notifications import tell_nobody
from partyapp.party.application.views import LISTED
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.principal import Principal
from partyapp.shared.ops.migrations import upgrade
from partyapp.shared.ops.settings import Settings, sqlalchemy_url
from partyapp.transcode.domain.video import Video
from tests.support.fakes_party import RecordedCommits
from tests.support.fresh_database import fresh_database
from tests.support.rows_read import rows_read_by

ROOM = 10_000
HOUR_MS = 3_600_000.0
HOST, MEMBER = UUID(int=1), UUID(int=5000)

#: At most so many rows of members are read by a membership check, by what lists members, and by what looks
#: for the host's successor along the index.
ONE, LIST, FEW = 1, 2 * LISTED + 10, 60

#: Every operation that takes a token, and how many rows of members it may read.
MOST_ROWS = {
    "showParty": LIST,
    "showInvited": FEW,
    "joinParty": LIST,
    "listMembers": LIST,
    "leaveParty": FEW,
    "transferParty": FEW,
    "endParty": FEW,
    "controlPlayback": ONE,
    "changePartyVideo": LIST,
    "showQueue": LIST,
    "removeFromQueue": ONE,
    "syncPlayback": ONE,
    "listEvents": ONE,
    "showCalendar": ONE,
    "issueTicket": ONE,
    "listChat": ONE,
    "say": ONE,
    "deleteMessage": ONE,
    "showMute": 2 * ONE,
    "muteMember": 2 * ONE,
    "listParties": ONE,
    "createParty": ONE,
    "changeParty": LIST,
    "giveGrants": FEW,
    "removeMember": FEW,
    "listBans": ONE,
    "unbanMember": ONE,
    "createInvite": ONE,
    "listInvites": ONE,
    "revokeInvite": ONE,
    "changeInviteCode": LIST,
    "showCommand": LIST,
    "renameMe": FEW,
    "renewToken": 0,
    "showMe": 0,
    "signOut": 0,
    "makeDeviceCode": 0,
    "listVideos": 0,
    "registerVideo": 0,
    "showVideo": 0,
    "listNotifications": 0,
    "readNotification": 0,
    "readAllNotifications": 0,
}
#: A socket is opened by a server alone; test_large_party counts what its room reads.
# Uploads know nothing of parties.
ELSEWHERE = {"openSocket", "beginUpload", "writeUpload", "removeUpload", "overrideUpload"}
# These need an item that is there, and ask of the party what `removeFromQueue` asks.
ELSEWHERE |= {"playNext", "addToQueue", "moveInQueue", "voteForItem", "takeVoteBack"}
# Neither do subtitles and jobs, and a change of a video looks for parties, not for members.
ELSEWHERE |= {"addSubtitles", "removeSubtitles", "prepareVideo", "changeVideo", "deleteVideo"}

# Channels know nothing of parties.
ELSEWHERE |= {"listChannels", "addChannel", "changeChannel", "removeChannel", "sendChannelCode"}
ELSEWHERE |= {"verifyChannel", "setQuietHours", "endQuietHours"}

#: What the host alone may do.
FOR_HOST = {"transferParty", "endParty", "controlPlayback", "changeParty", "giveGrants", "removeMember"}
FOR_HOST |= {"changePartyVideo", "removeFromQueue", "showMute", "muteMember", "deleteMessage"}
FOR_HOST |= {"listBans", "unbanMember", "createInvite", "listInvites", "revokeInvite", "changeInviteCode"}

BODIES: dict[str, dict[str, Any]] = {
    "controlPlayback": {"action": "play"},
    "syncPlayback": {"position_s": 0, "state": "paused", "duration_s": 95.0},
    "transferParty": {"user_id": str(UUID(int=7))},
    "say": {"text": "Hello"},
    "muteMember": {"muted_s": 0},
    "changeParty": {"title": "Another title"},
    "giveGrants": {"grants": ["playback"]},
    "renameMe": {"display_name": "Another name"},
    "registerVideo": {"title": "A film", "playback_url": "/media/film.mp4"},
}
_MEMBERS = """
INSERT INTO party_members
SELECT :party, CAST(lpad(to_hex(n), 32, '0') AS uuid), 'Member ' || n, 1700000000000 + n, NULL
FROM generate_series(2, CAST(:count AS int)) AS n
"""


@dataclass
class Application:
    """The web application on a pool of one connection, with what a worker would run its commands by."""

    app: Any
    owner: Engine
    executor: CommandExecutor
    video_id: UUID
    party_id: UUID | None = None
    command_id: str = ""
    invite_code: str = ""

    def ask(self, operation_id: str, user_id: UUID, body: dict[str, Any] | None = None) -> TestResponse:
        """The request of one operation, and the command that it is, carried out."""
        operation = next(one for one in DESCRIPTION.operations if one.id == operation_id)
        path = operation.path
        known = {"party_id": self.party_id, "command_id": self.command_id, "video_id": self.video_id}
        others = {
            "notification_id": new_id(),
            "user_id": UUID(int=7),
            "invite_id": new_id(),
            "item_id": new_id(),
            "seq": 1,
        }
        for name, value in {**known, **others}.items():
            path = path.replace("{" + name + "}", str(value))
        person = Principal(user_id=user_id, display_name="Ada", session_id=new_id())
        token = self.app.extensions["realtime"].people.issued.own.issue(person)
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(new_id())}
        if operation_id == "showInvited":
            headers["Party-Invite"] = self.invite_code
        if operation.lifecycle:
            headers["Prefer"] = "respond-async"
        if body is None and operation.method in ("post", "patch", "put"):
            body = BODIES.get(operation_id, {})
        if operation_id == "createParty":
            body = {"video_id": str(self.video_id), "max_members": ROOM, "visibility": "public"}
        if operation_id == "changePartyVideo":
            body = {"video_id": str(self.video_id)}
        answer: TestResponse = self.app.test_client().open(
            path, method=operation.method.upper(), json=body, headers=headers
        )
        if answer.status_code == 202:
            self.command_id = answer.get_json()["id"]
            assert "result" in (self.executor.run(UUID(self.command_id)) or {})
        return answer

    def rows(self, operation_id: str, user_id: UUID) -> tuple[TestResponse, int]:
        """The answer, and how many rows of members were read for it."""
        engine = self.app.extensions["resources"].engine
        # What earlier requests have begun beside their answers is done first.
        gevent.idle()
        return rows_read_by(engine, self.owner, "party_members", lambda: self.ask(operation_id, user_id))

    def fill(self) -> None:
        """The host creates a party, and the others come into it."""
        created = self.ask("createParty", HOST)
        assert created.status_code == 202, created.get_data(as_text=True)
        with self.owner.begin() as connection:
            found = "SELECT id, invite_code FROM synced_party_sessions ORDER BY id DESC LIMIT 1"
            self.party_id, self.invite_code = connection.execute(text(found)).one()
            connection.execute(text(_MEMBERS), {"party": self.party_id, "count": ROOM})
            counted = "UPDATE synced_party_sessions SET member_count = :count WHERE id = :party"
            connection.execute(text(counted), {"count": ROOM, "party": self.party_id})
        with self.owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE party_members"))


@pytest.fixture(scope="module")
def application(database_url: str, redis_url: str) -> Iterator[Application]:
    with fresh_database(database_url) as url:
        upgrade(url)
        app = create_app(
            Settings(
                database_url=url,
                redis_url=redis_url,
                redis_prefix="large-party-routes",
                secret_key="x" * 40,
                environment="test",
                database_pool=1,
            )
        )
        resources, realtime = app.extensions["resources"], app.extensions["realtime"]
        commits = RecordedCommits()
        unit = build_unit_of_work(resources, realtime.synchronizer, commits, tell_nobody)
        kinds = build_command_kinds(resources, realtime.synchronizer, unit, commits)
        executor = CommandExecutor(transactions=resources.transactions, store=resources.commands, kinds=kinds)
        film = Video(
            id=new_id(), title="Film", duration_s=90.0, playback_url="/x", owner_id=None, created_at_ms=1
        )
        resources.videos.add(film)
        owner = create_engine(sqlalchemy_url(url))
        yield Application(app, owner, executor, film.id)
        owner.dispose()
        resources.engine.dispose()


@pytest.fixture
def large_party(application: Application) -> Iterator[Application]:
    application.fill()
    yield application
    with application.owner.begin() as connection:
        # A person may host a limited number of parties at a time.
        connection.execute(text("UPDATE synced_party_sessions SET status = 'ended'"))


def test_every_route_that_takes_a_token_has_a_bound() -> None:
    taken = {one.id for one in DESCRIPTION.operations if not one.public and one.path.startswith("/api/")}
    assert taken == MOST_ROWS.keys() | ELSEWHERE


@pytest.mark.parametrize("operation_id", MOST_ROWS)
def test_no_request_reads_all_members(large_party: Application, operation_id: str) -> None:
    for_host = operation_id in FOR_HOST
    if operation_id == "showCommand":
        large_party.ask("joinParty", MEMBER)
    if operation_id == "showCalendar":
        large_party.ask("changeParty", HOST, {"starts_at_ms": time.time() * 1000 + HOUR_MS})
    answer, rows = large_party.rows(operation_id, HOST if for_host else MEMBER)
    expected = 404 if operation_id in ("readNotification", "revokeInvite", "deleteMessage") else 299
    assert answer.status_code <= expected, answer.get_data(as_text=True)
    assert rows <= MOST_ROWS[operation_id]
