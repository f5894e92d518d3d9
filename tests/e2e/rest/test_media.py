"""Films' files from the running service: parts, grants, and no grant in a log."""

from __future__ import annotations

import random
from uuid import UUID

import httpx
import pytest

from partyapp.shared.kernel.clock import WallClock
from partyapp.transcode.domain.media_grant import SignedGrants
from tests.e2e.conftest import Room, Service
from tests.support.local_stack import Stack
from tests.support.party_client import Guest, eventually

pytestmark = pytest.mark.stack

DATA = random.Random(2).randbytes(3 * 1024 * 1024 + 5)
NAME = "7/film.mp4"


@pytest.fixture
def film(stack: Stack) -> UUID:
    """A film's file in the store, of a film that nobody has told the catalogue of."""
    video_id = UUID(int=random.getrandbits(128), version=4)
    path = stack.data_dir / "films" / "films" / str(video_id) / NAME
    path.parent.mkdir(parents=True)
    path.write_bytes(DATA)
    return video_id


def ask(service: Service, grant: str, film: UUID, **headers: str) -> httpx.Response:
    return service.http.get(f"/media/{grant}/{film}/{NAME}", headers=headers)


def test_a_film_comes_in_parts(service: Service, host: Guest, film: UUID) -> None:
    grant = SignedGrants(service.secret_key, WallClock()).for_person(film, UUID(host.user_id))
    whole = ask(service, grant, film)
    assert (whole.status_code, whole.content) == (200, DATA)
    part = ask(service, grant, film, Range="bytes=1048570-2097160", **{"If-Range": whole.headers["ETag"]})
    assert (part.status_code, part.content) == (206, DATA[1_048_570:2_097_161])
    assert part.headers["Content-Range"] == f"bytes 1048570-2097160/{len(DATA)}"
    assert "sandbox" in part.headers["Content-Security-Policy"]
    head = service.http.head(f"/media/{grant}/{film}/{NAME}")
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(DATA)))


def test_a_partys_grant_ends_with_it(service: Service, room: Room, film: UUID) -> None:
    grant = SignedGrants(service.secret_key, WallClock()).for_party(film, UUID(room.id))
    assert ask(service, grant, film).status_code == 200
    room.host.end(room.id)
    assert eventually(lambda: ask(service, grant, film).status_code == 404)
    assert ask(service, grant[:-1], film).status_code == 404
