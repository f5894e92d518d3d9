"""Another film for a party, by its handler on ports in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from partyapp.party.application.commands import ChangeVideoCommand, EndPartySessionCommand
from partyapp.party.domain.errors import NotGranted, PartyEnded, PartyNotFound
from partyapp.party.domain.playback import PlaybackStatus
from partyapp.party.domain.playback_events import VideoChanged
from partyapp.shared.kernel.errors import ValidationFailed
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.principal import Principal
from tests.support.fakes_party import InMemoryVideoCatalogue
from tests.support.party_objects import film, principal
from tests.unit.party.test_handlers import Env

ADA, GRACE, MALLORY = principal("Ada"), principal("Grace"), principal("Mallory")


class FilmEnv(Env):
    """A party of two, and another film."""

    def __init__(self) -> None:
        super().__init__()
        self.next = film(title="Der zweite Film", duration_s=90.0)
        videos = InMemoryVideoCatalogue({video.id: video for video in (self.film, self.next)})
        self.ports = replace(self.ports, videos=videos)
        self.id = self.party(ADA)
        self.join(GRACE, self.id)

    def change(self, actor: Principal = ADA, video_id: UUID | None = None, **wishes: Any) -> Any:
        command = ChangeVideoCommand(
            actor=actor, party_id=self.id, video_id=video_id or self.next.id, **wishes
        )
        return self(command)


@pytest.fixture
def env() -> FilmEnv:
    return FilmEnv()


def test_another_film_stands_where_it_is_to_begin(env: FilmEnv) -> None:
    env.change(position_s=12.5)
    state = env.sessions.get(env.id).state
    assert state.video == env.next
    assert (state.playback.status, state.playback.position_s) == (PlaybackStatus.STOPPED, 12.5)
    event = env.sessions.events[env.id][-1]
    assert isinstance(event, VideoChanged)
    assert (event.actor_id, event.revision) == (ADA.user_id, state.revision)
    assert state.title == "Der Film", "the party keeps its name"


def test_it_may_play_at_once_a_lead_later(env: FilmEnv) -> None:
    env.change(play=True)
    playback = env.sessions.get(env.id).state.playback
    assert (playback.status, playback.position_s) == (PlaybackStatus.PLAYING, 0.0)
    assert playback.at_ms == env.schedule.time_ms + env.schedule.lead


def test_a_position_past_the_end_is_clamped_and_a_play_there_starts_over(env: FilmEnv) -> None:
    env.change(position_s=1e6)
    assert env.sessions.get(env.id).state.playback.position_s == 90.0
    env.change(position_s=1e6, play=True)
    assert env.sessions.get(env.id).state.playback.position_s == 0.0


def test_who_may_not_control_learns_nothing_of_films(env: FilmEnv) -> None:
    unknown = new_id()
    env.refuse(NotGranted, ChangeVideoCommand(actor=GRACE, party_id=env.id, video_id=unknown))
    env.refuse(PartyNotFound, ChangeVideoCommand(actor=MALLORY, party_id=env.id, video_id=unknown))
    env.refuse(ValidationFailed, ChangeVideoCommand(actor=ADA, party_id=env.id, video_id=unknown))
    env(EndPartySessionCommand(actor=ADA, party_id=env.id))
    env.refuse(PartyEnded, ChangeVideoCommand(actor=GRACE, party_id=env.id, video_id=env.next.id))
