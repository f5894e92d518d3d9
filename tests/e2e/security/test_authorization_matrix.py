"""Every cell of the authorization matrix against the running service, tokens and tickets included."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx
import jwt
import pytest

from partyapp.description import DESCRIPTION
from tests.e2e.conftest import Service
from tests.e2e.security.authorization_matrix import (
    ACTORS,
    DEEDS,
    PRIVATE,
    STATES,
    Cell,
    Deed,
    cells,
    socket_cells,
)
from tests.support.contract import assert_answer, assert_problem, assert_refused
from tests.support.party_client import Guest, Json, unlimited

pytestmark = pytest.mark.stack

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol": "party.v1",
}
PROTECTED = [operation for operation in DESCRIPTION.operations if not operation.public]
#: What paths name beside a party, by an id.
IN_PATHS = ("video_id", "command_id", "notification_id", "upload_id", "user_id", "invite_id", "item_id")
#: What may differ between two answers that mean the same: when they were given, and to which request.
FLEETING = {"date", "x-request-id"}


@dataclass
class Cast:
    """The actors, the same for all cells, and a party in each state that no cell changes."""

    service: Service
    people: dict[str, Guest]
    parties: dict[str, Json] = field(default_factory=dict)

    def new_party(self, state: str, *once_in: str) -> Json:
        """A party in this state, in which those of `once_in` have been."""
        host = self.people["host"]
        party = host.create_party(
            self.service.video["id"],
            visibility="public" if state.startswith("public") else "private",
            control="everyone" if state.endswith("everyone") else "host",
            max_members=2 if state.endswith("_full") else 4,
        )
        for name in once_in:
            self.people[name].join(party["id"], party["invite_code"])
            self.people[name].leave(party["id"])
        self.people["member"].join(party["id"], party["invite_code"])
        if state.endswith("_ended"):
            host.end(party["id"])
        return host.party(party["id"])

    def kept(self, state: str) -> Json:
        """The party in this state that all cells share which leave it as it is."""
        if state not in self.parties:
            unknown: Json = {"id": str(uuid.uuid4()), "invite_code": "any-code", "revision": 0}
            self.parties[state] = (
                unknown if state == "unknown" else self.new_party(state, "left", "returning")
            )
            if state != "unknown" and not state.endswith("_ended"):
                # Who is connected in a party without its host takes it over in a minute.
                self.people["host"].connect(self.parties[state]["id"])
        return self.parties[state]

    def done_with(self, party: Json) -> None:
        """End it, whoever leads it now: a person may host a limited number of parties only."""
        for name in ("host", "member"):
            self.people[name].delete(f"/api/parties/{party['id']}")

    def check_kept(self) -> None:
        """Fail unless the shared parties are as they were: what is refused changes nothing."""
        for state, before in self.parties.items():
            if state != "unknown":
                after = self.people["host"].party(before["id"])
                assert after["revision"] == before["revision"], state
                assert [m["user_id"] for m in after["members"]] == [m["user_id"] for m in before["members"]]

    def ask(self, deed: Deed, actor: str, party: Json) -> httpx.Response:
        """Do it over HTTP, as this actor would."""
        guest, body = self.people[actor], None if deed.body is None else {**deed.body}
        headers = UPGRADE if deed.name == "ws" else {}
        if body and body.get("user_id"):
            body["user_id"] = self.people["member"].user_id
        if body and body.get("video_id"):
            body["video_id"] = self.service.video["id"]
        if actor in ("invited", "returning"):
            headers = {**headers, "Party-Invite": party["invite_code"]}
            if deed.name == "join":
                body = {"invite_code": party["invite_code"]}
        path = f"/api/parties/{party['id']}{self.path_of(deed)}"
        return guest.request(deed.method, path, json=body, headers=headers)

    def path_of(self, deed: Deed) -> str:
        """What follows the party's own address."""
        user_id = self.people["member"].user_id
        return deed.path.format(user_id=user_id, invite_id=uuid.uuid4(), item_id=uuid.uuid4(), seq=10**9)


@pytest.fixture(scope="module")
def cast(service: Service) -> Iterator[Cast]:
    people = {name: Guest(service.url, name.title()) for name in ACTORS}
    made = Cast(service, people)
    yield made
    made.check_kept()
    for guest in people.values():
        guest.close()


@pytest.mark.parametrize("cell", list(cells()), ids=str)
def test_each_actor_is_answered_as_the_matrix_has_it(cell: Cell, cast: Cast) -> None:
    once_in = {cell.actor} & {"left", "returning"}
    party = cast.new_party(cell.state, *once_in) if cell.leaves_a_mark else cast.kept(cell.state)
    if cell.expected == 101:
        socket = cast.people[cell.actor].connect(party["id"])
        assert socket.expect("welcome")["party"]["id"] == party["id"]
        socket.close()
        return
    response = cast.ask(cell.deed, cell.actor, party)
    if isinstance(cell.expected, str):
        assert_refused(response, cell.expected)
    else:
        assert response.status_code == cell.expected, response.text
    if cell.leaves_a_mark:
        cast.done_with(party)


@pytest.mark.parametrize("state", STATES)
def test_the_list_holds_public_parties_and_ones_own(state: str, cast: Cast) -> None:
    party = cast.kept(state)
    for name in ACTORS:
        found, query = set(), {"state": "all", "limit": 100}
        while True:
            page = cast.people[name].get("/api/parties", params=query).json()
            found |= {item["id"] for item in page["items"]}
            if page["next_cursor"] is None or party["id"] in found:
                break
            query["cursor"] = page["next_cursor"]
        own = name in ("member", "host") and state != "unknown"
        done_with = state == "public_ended" and name in ("left", "returning")
        assert (party["id"] in found) is (own or (state.startswith("public") and not done_with)), name


@pytest.mark.parametrize("state", PRIVATE)
def test_an_invite_shows_a_preview_and_no_more(state: str, cast: Cast) -> None:
    party = cast.kept(state)
    preview = cast.ask(DEEDS["show"], "invited", party).json()
    assert_answer("showParty", preview)
    assert preview == {
        "id": party["id"],
        "title": party["title"],
        "state": party["state"],
        "member_count": len(party["members"]),
    }


@pytest.mark.parametrize("state", PRIVATE)
@pytest.mark.parametrize(
    ("deed", "invite"),
    [(deed, None) for deed in DEEDS.values()]
    + [(DEEDS[name], code) for name in ("show", "join") for code in ("a-wrong-code", "é" * 40, "")],
)
def test_a_private_party_looks_like_none(deed: Deed, state: str, invite: str | None, cast: Cast) -> None:
    def answer(party_id: str) -> tuple[int, dict[str, str], bytes]:
        headers = dict(UPGRADE) if deed.name == "ws" else {}
        body = deed.body
        if invite is not None:
            headers["Party-Invite"] = invite
            body = {"invite_code": invite} if deed.name == "join" else body
        if body and body.get("user_id"):
            body = {"user_id": cast.people["member"].user_id}
        if body and body.get("video_id"):
            body = {"video_id": cast.service.video["id"]}
        if deed.method == "POST":
            # A command that took too long is asked for again, so that the answer is the service's own.
            headers["Idempotency-Key"] = str(uuid.uuid4())
        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
        path = f"/api/parties/{party_id}{cast.path_of(deed)}"
        response = unlimited(
            lambda: cast.people["stranger"].request(deed.method, path, json=body, headers=encoded)
        )
        kept = {name: value for name, value in response.headers.items() if name not in FLEETING}
        return response.status_code, kept, response.content

    hidden = answer(cast.kept(state)["id"])
    assert hidden[0] == 404
    assert hidden == answer(str(uuid.uuid4()))


def resigned(guest: Guest, key: str, algorithm: str, **claims: object) -> str:
    payload = jwt.decode(guest.token, options={"verify_signature": False})
    kid = {name: value for name, value in jwt.get_unverified_header(guest.token).items() if name != "alg"}
    return jwt.encode({**payload, **claims}, key, algorithm=algorithm, headers=kid)


TOKENS: dict[str, Callable[[Guest, Service], str | None]] = {
    "none": lambda guest, service: None,
    "garbage": lambda guest, service: "Bearer garbage",
    "expired": lambda guest, service: f"Bearer {resigned(guest, service.secret_key, 'HS256', exp=1)}",
    "wrong-signature": lambda guest, service: f"Bearer {resigned(guest, 'k' * 48, 'HS256')}",
    "unsigned": lambda guest, service: f"Bearer {resigned(guest, '', 'none')}",
}


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("operation", PROTECTED, ids=lambda operation: operation.id)
def test_a_bad_token_opens_nothing(operation: object, token: str, cast: Cast) -> None:
    """Not even the host's own parties, and it is not told which of them exist."""
    found = next(known for known in PROTECTED if known is operation)
    authorization = TOKENS[token](cast.people["host"], cast.service)
    headers = {} if authorization is None else {"Authorization": authorization}
    headers |= UPGRADE if found.id == "openSocket" else {}
    seen = set()
    for state in ("private", "unknown"):
        path = found.path.replace("{party_id}", cast.kept(state)["id"])
        for name in IN_PATHS:
            path = path.replace("{" + name + "}", cast.kept(state)["id"])
        path = path.replace("{seq}", "1")
        body: Json | None = {} if found.method == "post" else None
        response = cast.service.http.request(found.method.upper(), path, json=body, headers=headers)
        assert_refused(response, "unauthenticated")
        seen.add(response.content)
    assert len(seen) == 1


TICKETS: dict[str, tuple[Callable[[Cast, Json], str], str]] = {
    "none": (lambda cast, party: "", "unauthenticated"),
    "made-up": (lambda cast, party: "x" * 43, "unauthenticated"),
    "a-token": (lambda cast, party: cast.people["member"].token, "unauthenticated"),
    "of-another-party": (
        lambda cast, party: cast.people["member"].ticket(cast.kept("public")["id"]),
        "unauthenticated",
    ),
    "used": (lambda cast, party: used_ticket(cast, party), "unauthenticated"),
    "of-who-left": (lambda cast, party: ticket_of_who_left(cast, party), "not_found"),
}


def used_ticket(cast: Cast, party: Json) -> str:
    ticket = cast.people["member"].ticket(party["id"])
    socket = cast.people["member"].connect(party["id"], ticket=ticket)
    assert socket.expect("welcome")
    socket.close()
    return ticket


def ticket_of_who_left(cast: Cast, party: Json) -> str:
    guest = cast.people["invited"]
    guest.join(party["id"], party["invite_code"])
    ticket = guest.ticket(party["id"])
    guest.leave(party["id"])
    return ticket


@pytest.mark.parametrize("kind", TICKETS)
def test_a_ticket_that_opens_no_socket(kind: str, cast: Cast) -> None:
    make, code = TICKETS[kind]
    party = cast.new_party("private") if kind == "of-who-left" else cast.kept("private")
    path = f"/api/parties/{party['id']}/ws"
    response = cast.service.http.get(path, params={"ticket": make(cast, party)}, headers=UPGRADE)
    assert_refused(response, code)


@pytest.mark.parametrize(("who", "action", "answer"), list(socket_cells()), ids=lambda word: word)
def test_each_message_on_the_socket_is_authorized(who: str, action: str, answer: str, cast: Cast) -> None:
    party = cast.new_party("private_everyone" if who in ("everyone", "curbed") else "private")
    name = "host" if who in ("host", "former") else "member"
    socket = cast.people[name].connect(party["id"])
    assert socket.expect("welcome")
    if who == "former":
        cast.people["host"].transfer(party["id"], cast.people["member"].user_id)
    if who in ("granted", "curbed"):
        body = {"grants": ["playback"] if who == "granted" else ["chat"]}
        answer_to_host = cast.ask(Deed("", "PUT", "/members/{user_id}/grants", body), "host", party)
        assert answer_to_host.status_code == 200, answer_to_host.text
    fields: Json = {"position_s": 5.0} if action == "seek" else {}
    if action == "transfer_host":
        fields["user_id"] = cast.people["member"].user_id
    said = socket.command(action, **fields)
    if answer == "ack":
        assert said["type"] == "ack", said
    else:
        assert_problem(said["problem"], answer)
    socket.close()
    cast.done_with(party)
