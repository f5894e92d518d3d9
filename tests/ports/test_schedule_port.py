"""What everything that says when a command is acted on must do, the fake and the synchronizer alike."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from partyapp.party.application.ports import SchedulePort
from partyapp.party.infrastructure.playback.playback_synchronizer import PlaybackSynchronizer
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.ids import new_id
from tests.support.fakes_party import FixedSchedule

#: The party time in ms, and the lead in ms that a party's members need.
Schedule = Callable[[float, float], SchedulePort]


def synchronizer(time_ms: float, lead_ms: float) -> SchedulePort:
    return PlaybackSynchronizer(FixedClock(time_ms), lambda _: lead_ms)


@pytest.mark.parametrize("schedule", [FixedSchedule, synchronizer])
def test_it_tells_the_party_time_and_the_lead_of_a_party(schedule: Schedule) -> None:
    port = schedule(1_700_000_000_000.25, 111.5)
    assert port.now_ms() == port.now_ms() == 1_700_000_000_000.25
    assert port.lead_ms(new_id()) == 111.5
