"""What every catalogue must do, the fake and the one on the videos of the transcode context alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from partyapp.party.application.ports import VideoCataloguePort
from partyapp.party.domain.errors import VideoNotReady
from partyapp.party.domain.state import PartyVideo
from partyapp.party.infrastructure.video_catalogue import VideoCatalogue
from partyapp.shared.kernel.errors import ValidationFailed
from partyapp.shared.kernel.ids import new_id
from partyapp.transcode.domain.job import TranscodeJob
from partyapp.transcode.domain.video import Video
from tests.support.fakes_party import InMemoryVideoCatalogue
from tests.support.fakes_transcode import InMemoryParties, InMemoryVideos, PlainGrants
from tests.support.party_objects import T0, film

#: A catalogue with this film, ready to be played.
Catalogue = Callable[[PartyVideo], VideoCataloguePort]

ADA, PARTY = new_id(), new_id()


def video_of(party_video: PartyVideo) -> Video:
    return Video(
        id=party_video.id,
        title=party_video.title,
        duration_s=party_video.duration_s,
        playback_url=party_video.playback_url or "",
        owner_id=None,
        created_at_ms=int(T0),
    )


def of_the_transcode_context(party_video: PartyVideo) -> VideoCataloguePort:
    videos = InMemoryVideos()
    videos.add(video_of(party_video))
    return VideoCatalogue(videos, PlainGrants(), InMemoryParties())


def in_memory(party_video: PartyVideo) -> VideoCataloguePort:
    return InMemoryVideoCatalogue({party_video.id: party_video})


@pytest.fixture(params=[in_memory, of_the_transcode_context])
def catalogue(request: pytest.FixtureRequest) -> Catalogue:
    made: Catalogue = request.param
    return made


def test_a_film_that_can_be_played_is_given_as_it_is(catalogue: Catalogue) -> None:
    ready = film(title="Kino 🎬", duration_s=0.25)
    found = catalogue(ready).playable(ready.id, ADA, PARTY)
    assert replace(found, details={}) == ready


def test_an_unknown_one_is_refused_by_its_field(catalogue: Catalogue) -> None:
    with pytest.raises(ValidationFailed) as refused:
        catalogue(film()).playable(new_id(), ADA, PARTY)
    assert refused.value.errors == {"video_id": ["There is no such video."]}


def test_one_that_is_not_ready_is_refused() -> None:
    """The fake has none, so this is the real one's alone."""
    videos, raw = InMemoryVideos(), video_of(film())
    videos.add(raw, TranscodeJob.pending(new_id(), raw.id, T0))
    with pytest.raises(VideoNotReady):
        VideoCatalogue(videos, PlainGrants(), InMemoryParties()).playable(raw.id, ADA, PARTY)
