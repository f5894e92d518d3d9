"""A client that a public generator made of the description: create, join, sync, end, and all between them."""

from __future__ import annotations

import inspect
import io
import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import attrs
import pytest
from websockets.sync.client import ClientConnection, connect

from tests.e2e.conftest import Service
from tests.support.clients.generated import (
    PAGES_URL,
    PROGRAMS,
    ROOT,
    GeneratedClient,
    block,
    generated_client,
)
from tests.support.party_client import REQUEST_TIMEOUT_S
from tests.support.waiting import eventually

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def rest(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GeneratedClient]:
    with generated_client(service.url, tmp_path_factory.mktemp("generated")) as made:
        yield made


class Person:
    """Somebody who has nothing but the generated functions."""

    def __init__(self, rest: GeneratedClient, url: str, name: str) -> None:
        self.rest = rest
        self.http = rest.package.Client(url, raise_on_unexpected_status=True)
        signed_in = self.call("Sign-in", "signInGuest", body=rest.models.NameRequest(name))
        assert isinstance(signed_in, rest.models.GuestSignedIn)
        self.id = signed_in.user.id
        self.http = rest.package.AuthenticatedClient(
            url, signed_in.access_token, raise_on_unexpected_status=True, timeout=REQUEST_TIMEOUT_S
        )

    def call(self, tag: str, name: str, *ids: UUID, **arguments: Any) -> Any:
        """What a function returns; of a command that was accepted only, its outcome."""
        answer = self.rest.operation(tag, name).sync(*ids, client=self.http, **arguments)
        if not isinstance(answer, self.rest.models.AcceptedCommand):
            return answer
        showing = self.rest.operation("Commands", "showCommand")

        def command() -> Any:
            found = showing.sync(answer.id, client=self.http)
            return None if found.state == "pending" else found

        return eventually(command).result


def test_nothing_is_left_out_and_nothing_is_without_a_type(rest: GeneratedClient) -> None:
    description = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    methods = {"get", "put", "post", "patch", "delete"}
    operations = [
        one for path in description["paths"].values() for method, one in path.items() if method in methods
    ]
    for operation in operations:
        made = rest.operation(operation["tags"][0], operation["operationId"])
        successes = [answer for status, answer in operation["responses"].items() if status < "300"]
        returned = str(inspect.signature(made.sync_detailed).return_annotation)
        # What is empty has no type.
        assert ("Any" in returned) == any("content" not in answer for answer in successes), operation[
            "operationId"
        ]
    kinds = [kind for kind in vars(rest.models).values() if inspect.isclass(kind)]
    assert {kind.__name__ for kind in kinds} >= description["components"]["schemas"].keys() - {"Event"}
    # Of what is alike in all but its name it makes several, with numbers.
    assert not [kind.__name__ for kind in kinds if re.search(r"[A-Za-z]Type\d+Type\d", kind.__name__)]
    for kind in filter(attrs.has, kinds):
        for field in attrs.fields(kind):
            assert field.name == "additional_properties" or "Any" not in str(field.type), (kind, field.name)


def test_every_object_is_read_and_written_as_it_was(rest: GeneratedClient) -> None:
    description = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    schemas = description["components"]["schemas"]
    # The one has a file in it, the other is a choice.
    for name in schemas.keys() - {"SubtitlesRequest", "Event"}:
        for example in schemas[name]["examples"]:
            assert getattr(rest.models, name).from_dict(example).to_dict() == example, name
    for ref in schemas["Event"]["discriminator"]["mapping"].values():
        name = ref.rpartition("/")[2]
        page = rest.models.EventPage.from_dict({"items": schemas[name]["examples"], "next_cursor": None})
        assert [type(event).__name__ for event in page.items] == [name]


def message(socket: ClientConnection, kind: str) -> Any:
    """The next message of this type."""
    while (found := json.loads(socket.recv(timeout=REQUEST_TIMEOUT_S)))["type"] != kind:
        pass
    return found


def test_create_join_sync_end(rest: GeneratedClient, service: Service) -> None:
    models, url = rest.models, service.url
    ada, ben, eve = (Person(rest, url, name) for name in ("Ada", "Ben", "Eve"))
    film = ada.call(
        "Videos", "registerVideo", body=models.VideoRequest("A film", f"{url}/media/sample.mp4", 600.0)
    )
    text = models.SubtitlesRequest(
        rest.package.types.File(
            io.BytesIO(b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n"), "de.vtt", "text/vtt"
        )
    )
    assert ada.call("Videos", "addSubtitles", film.id, body=text).language == "de"
    wanted = models.CreatePartyRequest(
        film.id, title="By a generator", control=models.CreatePartyRequestControl.HOST
    )
    party = ada.call("Parties", "createParty", body=wanted)
    assert isinstance(party, models.Party)
    assert (party.title, party.host_id, party.visibility) == (
        "By a generator",
        ada.id,
        models.PartyVisibility.PRIVATE,
    )

    invite = ada.call("Invites", "createInvite", party.id, body=models.CreateInviteRequest(max_uses=1))
    refused = ben.call("Members", "joinParty", party.id, body=models.JoinPartyRequest("no-such-code"))
    assert isinstance(refused, models.Problem)
    joined = ben.call("Members", "joinParty", party.id, body=models.JoinPartyRequest(invite.code))
    assert isinstance(joined, models.Joined)
    assert joined.member.user_id == ben.id
    members = ada.call("Members", "listMembers", party.id).items
    assert {one.user_id: one.role.value for one in members} == {ada.id: "host", ben.id: "member"}

    ticket = ben.call("WebSocket", "issueTicket", party.id).ticket
    address = f"{url.replace('http', 'ws', 1)}/api/parties/{party.id}/ws?ticket={ticket}"
    with connect(address, subprotocols=["party.v1"]) as socket:  # type: ignore[list-item]
        welcome = models.Party.from_dict(message(socket, "welcome")["party"])
        assert welcome.id == party.id
        action = models.PlaybackRequestAction
        for body in (
            models.PlaybackRequest(action.PLAY, position_s=10.0),
            models.PlaybackRequest(action.PAUSE),
            models.PlaybackRequest(action.PLAY),
            models.PlaybackRequest(action.SEEK, position_s=60.0),
        ):
            done = ada.call("Playback", "controlPlayback", party.id, body=body)
            assert isinstance(done, models.PlaybackAnswer)
            told = message(socket, "playback")
            assert (told["revision"], told["playback"]["state"]) == (done.revision, done.playback.state)
        assert isinstance(ben.call("Playback", "controlPlayback", party.id, body=body), models.Problem)
        here = models.SyncRequest(55.0, models.SyncRequestState.PLAYING, revision=done.revision)
        synced = ben.call("Playback", "syncPlayback", party.id, body=here)
        assert isinstance(synced, models.SyncAnswer)
        assert synced.target_position_s >= 60.0
        assert synced.correction.kind is models.CorrectionKind.SEEK
        ben.call("Chat", "say", party.id, body=models.SayRequest("Hello", id=uuid4()))
        assert [one.text for one in ada.call("Chat", "listChat", party.id).items] == ["Hello"]

        assert isinstance(eve.call("Parties", "showParty", party.id), models.Problem)
        log = ada.call("Parties", "listEvents", party.id).items
        assert [type(one).__name__ for one in log] == [
            *("PartySessionCreatedEvent", "MemberJoinedEvent", "PlaybackStartedEvent", "PlaybackPausedEvent"),
            *("PlaybackStartedEvent", "PlaybackSoughtEvent"),
        ]
        assert log[1].data.user_id == ben.id
        assert log[1].data.invite_id == invite.id
        assert ada.call("Parties", "endParty", party.id) is None
        assert message(socket, "ended")["reason"] == "host"
    ended = ada.call("Parties", "showParty", party.id)
    assert ended.state is models.PartyState.ENDED
    late = ada.call("Playback", "controlPlayback", party.id, body=body)
    assert (late.status, late.code) == (409, models.ProblemCode.PARTY_ENDED)


def test_the_lines_of_the_page_run_with_what_the_page_installs(
    rest: GeneratedClient, service: Service
) -> None:
    lines = block("python generated").replace(PAGES_URL, service.url)
    words = [str(PROGRAMS / "python"), "-c", lines]
    done = subprocess.run(words, cwd=rest.folder, capture_output=True, text=True, check=False)
    assert re.fullmatch(r"\S{8,} stopped\n", done.stdout), done.stderr
