"""Who may have which bytes of a film, and in which parts, with everything in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from partyapp.film_wiring import origin_of_films
from partyapp.shared.http.problem_json import install_problem_json
from partyapp.shared.http.response_headers import install_response_headers
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.kernel.ids import new_id
from partyapp.transcode.application.media import BELIEVED_AWAY_MS, BELIEVED_MS, FilmMediaFiles, Media
from partyapp.transcode.application.media_bytes import MediaBytes
from partyapp.transcode.controllers.media import Senders, media_blueprint
from partyapp.transcode.domain.media_grant import TURN_MS, SignedGrants
from partyapp.transcode.domain.video import FilmFile, Video, VideoKind
from partyapp.transcode.infrastructure.library_folder import LibraryFolder
from tests.support.fakes_films import InMemoryFilmStore
from tests.support.fakes_transcode import InMemoryVideos

DATA = bytes(range(256)) * 4000
ADA, PARTY = new_id(), new_id()


class Parties:
    """Those that go on, while they can be asked."""

    def __init__(self) -> None:
        self.active, self.asked, self.is_away = {PARTY}, 0, False

    def is_active(self, party_id: UUID) -> bool:
        """Whether it does."""
        self.asked += 1
        if self.is_away:
            raise Unavailable()
        return party_id in self.active


class StoreElsewhere(InMemoryFilmStore):
    """A store that has addresses."""

    def url(self, key: str, *, expires_s: int, content_type: str) -> str | None:
        return f"https://s3.example/{key}?for={expires_s}&type={content_type}"


class Env:
    """A film of an upload, and one of the library, behind HTTP."""

    def __init__(self, folder: Path, store: InMemoryFilmStore | None = None, sendfile: str = "") -> None:
        self.clock, self.parties = FixedClock(), Parties()
        self.grants = SignedGrants("k" * 40, self.clock)
        self.store = store or InMemoryFilmStore()
        self.videos = InMemoryVideos()
        self.film = self._added(VideoKind.UPLOAD, None)
        self.store.put_bytes(f"films/{self.film}/source", DATA)
        self.store.put_bytes(f"films/{self.film}/1/a.mp4", DATA)
        self.library = folder / "library"
        (self.library / "Shelf").mkdir(parents=True)
        (self.library / "Shelf" / "Ä film.mkv").write_bytes(DATA)
        self.shelved = self._added(VideoKind.LIBRARY, "Shelf/Ä film.mkv")
        files = FilmMediaFiles(videos=self.videos, library=LibraryFolder(self.library))
        content = MediaBytes(store=self.store, call=lambda work, *arguments: work(*arguments))
        app = Flask(__name__)
        install_problem_json(app)
        app.register_blueprint(
            media_blueprint(
                Media(self.grants, files, self.parties, self.clock),
                content,
                Senders(sendfile=sendfile, films="/var/films"),
            )
        )
        self.client: FlaskClient = app.test_client()

    def _added(self, kind: VideoKind, key: str | None) -> UUID:
        video_id = new_id()
        source = FilmFile(key=key or f"films/{video_id}/source", size=len(DATA))
        self.videos.add(
            Video(
                id=video_id, title="A film", duration_s=None, playback_url="", owner_id=ADA,
                created_at_ms=1, kind=kind, source=source,
            )
        )  # fmt: skip
        return video_id

    def get(
        self, name: str = "1/a.mp4", method: str = "GET", film: UUID | None = None, **headers: str
    ) -> Any:
        """The answer to Ada."""
        film = film or self.film
        return self.of(self.grants.for_person(film, ADA), film, name, method, **headers)

    def of(self, grant: str, film: UUID, name: str, method: str = "GET", **headers: str) -> Any:
        """The answer with this grant."""
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        return self.client.open(f"/media/{grant}/{film}/{name}", method=method, headers=named)


@pytest.fixture
def env(tmp_path: Path) -> Env:
    return Env(tmp_path)


def test_a_file_as_a_whole(env: Env) -> None:
    answer = env.get()
    assert (answer.status_code, answer.data) == (200, DATA)
    headers = answer.headers
    assert headers["Content-Type"] == "video/mp4"
    assert headers["Content-Length"] == str(len(DATA))
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Cache-Control"].startswith("private")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Disposition"] == "inline"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "sandbox" in headers["Content-Security-Policy"]
    head = env.get(method="HEAD", Range="bytes=0-1")
    assert (head.status_code, head.data, head.headers["Content-Length"]) == (200, b"", str(len(DATA)))


@pytest.mark.parametrize(
    ("asked", "first", "behind"),
    [
        ("bytes=0-", 0, len(DATA)),
        ("bytes=0-0", 0, 1),
        ("bytes=700000-700099", 700_000, 700_100),
        ("bytes=-50", len(DATA) - 50, len(DATA)),
        ("bytes=5-99999999999", 5, len(DATA)),
        ("BYTES=1-2", 1, 3),
    ],
)
@pytest.mark.parametrize("of_library", [False, True])
def test_a_part(env: Env, asked: str, first: int, behind: int, of_library: bool) -> None:
    answer = env.get("source", film=env.shelved, Range=asked) if of_library else env.get(Range=asked)
    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes {first}-{behind - 1}/{len(DATA)}"
    assert answer.headers["Content-Length"] == str(behind - first)
    assert answer.data == DATA[first:behind]


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "lines=1-2", "bytes=9-1", "bytes=x", "0-1"])
def test_what_is_no_single_range_is_answered_as_a_whole(env: Env, asked: str) -> None:
    answer = env.get(Range=asked)
    assert (answer.status_code, answer.data) == (200, DATA)


def test_a_part_behind_the_end(env: Env) -> None:
    answer = env.get(Range=f"bytes={len(DATA)}-")
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{len(DATA)}")


def test_what_a_player_has_already(env: Env) -> None:
    tag = env.get().headers["ETag"]
    assert env.get(If_None_Match=f'"other", {tag}').status_code == 304
    assert env.get(If_None_Match='"other"').status_code == 200
    assert env.get(Range="bytes=0-1", If_Range=tag).status_code == 206
    assert env.get(Range="bytes=0-1", If_Range='"other"').status_code == 200
    assert env.get(Range="bytes=0-1", If_Range="Wed, 21 Oct 2015 07:28:00 GMT").status_code == 200


def test_a_list_that_grows_is_asked_for_anew(env: Env) -> None:
    key = f"films/{env.film}/1/list.m3u8"
    env.store.put_bytes(key, b"#EXTM3U\na")
    first = env.get("1/list.m3u8")
    assert (first.headers["Content-Type"], first.headers["Cache-Control"]) == (
        "application/vnd.apple.mpegurl", "private, no-cache",
    )  # fmt: skip
    env.store.put_bytes(key, b"#EXTM3U\nb")
    again = env.get("1/list.m3u8", If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (200, b"#EXTM3U\nb")


@pytest.mark.parametrize(
    "name",
    ["1/none.mp4", "none", "../other/source", "%2e%2e/x", "1/", "/etc/passwd", "1/..%2f..%2fx", ".making/x"],
)
def test_what_is_not_there(env: Env, name: str) -> None:
    assert env.get(name).status_code in (404, 308)


def test_a_film_of_the_library_as_it_came(env: Env) -> None:
    answer = env.get("source", film=env.shelved)
    assert (answer.status_code, answer.headers["Content-Type"], answer.data) == (
        200,
        "video/x-matroska",
        DATA,
    )
    tag = answer.headers["ETag"]
    (env.library / "Shelf" / "Ä film.mkv").write_bytes(b"another")
    assert env.get("source", film=env.shelved).headers["ETag"] != tag


def test_nothing_outside_the_library_is_sent(env: Env, tmp_path: Path) -> None:
    (tmp_path / "secret.mkv").write_bytes(b"secret")
    (env.library / "link.mkv").symlink_to(tmp_path / "secret.mkv")
    for key in ("link.mkv", "../secret.mkv", str(tmp_path / "secret.mkv"), "Shelf"):
        assert env.get("source", film=env._added(VideoKind.LIBRARY, key)).status_code == 404
    (env.library / "page.html").write_bytes(b"<script>")
    page = env.get("source", film=env._added(VideoKind.LIBRARY, "page.html"))
    assert page.headers["Content-Type"] == "application/octet-stream"


def test_a_persons_grant_is_the_same_for_hours_and_ends(env: Env) -> None:
    env.clock.time_ms = float(TURN_MS * 100)
    grant = env.grants.for_person(env.film, ADA)
    env.clock.advance(TURN_MS - 1)
    assert env.grants.for_person(env.film, ADA) == grant
    env.clock.advance(TURN_MS)
    assert env.of(grant, env.film, "1/a.mp4").status_code == 200
    env.clock.advance(1)
    assert env.of(grant, env.film, "1/a.mp4").status_code == 404
    assert env.grants.for_person(env.film, ADA) != grant


def test_a_grant_opens_one_film_and_only_as_it_was_made(env: Env) -> None:
    good = env.grants.for_person(env.film, ADA)
    other = SignedGrants("x" * 40, env.clock).for_person(env.film, ADA)
    later = SignedGrants("k" * 40, FixedClock(env.clock.time_ms + 9 * TURN_MS)).for_person(env.film, ADA)
    half = len(good) // 2
    for wrong in (
        other,
        later,
        good[:-2],
        good[:half] + ("A" if good[half] != "A" else "B") + good[half + 1 :],
        "x",
        "." * 500,
    ):
        answer = env.of(wrong, env.film, "1/a.mp4")
        assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")
    assert env.of(good, env.shelved, "source").status_code == 404


def test_a_partys_grant_ends_with_the_party(env: Env) -> None:
    grant = env.grants.for_party(env.film, PARTY)
    assert env.of(grant, env.film, "1/a.mp4").status_code == 200
    env.parties.active.clear()
    assert env.of(grant, env.film, "1/a.mp4").status_code == 200
    assert env.parties.asked == 1
    env.clock.advance(BELIEVED_MS)
    assert env.of(grant, env.film, "1/a.mp4").status_code == 404


def test_films_go_on_while_nobody_can_be_asked(env: Env) -> None:
    grant = env.grants.for_party(env.film, PARTY)
    env.parties.is_away = True
    assert env.of(grant, env.film, "1/a.mp4").status_code == 503
    env.parties.is_away = False
    env.of(grant, env.film, "1/a.mp4")
    env.parties.is_away = True
    env.clock.advance(BELIEVED_AWAY_MS - 1)
    assert env.of(grant, env.film, "1/a.mp4").status_code == 200
    env.clock.advance(1)
    assert env.of(grant, env.film, "1/a.mp4").status_code == 503


def test_a_store_with_addresses_sends_films_itself(tmp_path: Path) -> None:
    env = Env(tmp_path, StoreElsewhere())
    answer = env.get()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (302, "no-store")
    assert answer.headers["Location"].startswith(f"https://s3.example/films/{env.film}/1/a.mp4?for=43200")
    assert env.get(method="HEAD").headers["Content-Length"] == str(len(DATA))
    assert env.get("1/none.mp4").status_code == 404
    env.store.put_bytes(f"films/{env.film}/1/p.jpg", b"jpeg")
    assert env.get("1/p.jpg").data == b"jpeg"
    assert env.get("source", film=env.shelved).data == DATA


def test_a_proxy_is_told_what_to_send(tmp_path: Path) -> None:
    nginx, other = Env(tmp_path / "1", sendfile="/_films"), Env(tmp_path / "2", sendfile="x-sendfile")
    for answer in (nginx.get(), other.get(), nginx.get("source", film=nginx.shelved)):
        assert (answer.status_code, answer.data) == (200, b"")
        assert answer.headers["Content-Type"].startswith("video/")
    assert nginx.get().headers["X-Accel-Redirect"] == f"/_films/store/films/{nginx.film}/1/a.mp4"
    shelved = nginx.get("source", film=nginx.shelved)
    assert shelved.headers["X-Accel-Redirect"] == "/_films/library/Shelf/%C3%84%20film.mkv"
    assert other.get().headers["X-Sendfile"] == f"/var/films/films/{other.film}/1/a.mp4"
    assert nginx.get("1/none.mp4").status_code == 404


def test_a_page_may_read_from_where_the_store_sends_films(tmp_path: Path) -> None:
    assert origin_of_films(StoreElsewhere()) == "https://s3.example"
    assert origin_of_films(InMemoryFilmStore()) is None
    assert origin_of_films(None) is None
    app = Flask(__name__)
    install_response_headers(app, always_https=True, films_at="https://s3.example")
    policy = app.test_client().get("/").headers["Content-Security-Policy"]
    assert "connect-src 'self' https://s3.example;" in policy


def test_a_grant_of_the_secret_before_opens_while_it_is_replaced(env: Env) -> None:
    before = SignedGrants("k" * 40, env.clock)
    during = SignedGrants("n" * 40, env.clock, previous="k" * 40)
    assert during.opened(before.for_person(env.film, ADA), env.film) is not None
    assert before.opened(during.for_person(env.film, ADA), env.film) is None
    assert SignedGrants("n" * 40, env.clock).opened(during.for_person(env.film, ADA), env.film) is not None
