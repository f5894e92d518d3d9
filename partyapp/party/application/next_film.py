"""How the next film of the queue begins by itself: announced at the end of the one before, begun on time.

Whoever looks after the party calls `go_on` under its row's lock. So whatever dies, the item leaves the queue
in the transaction that shows its film, or both happen at the next look.
"""

from typing import NamedTuple

from partyapp.party.application.ports import QueuePort, VideoCataloguePort
from partyapp.party.contract import QueuedVideo
from partyapp.party.domain.playback import LONGEST_LEAD_MS, NextVideo
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.domain.state import PartyVideo, SyncedPartySessionState


class PlayableItem(NamedTuple):
    """An item of the queue and its film."""

    item: QueuedVideo
    video: PartyVideo


def first_playable(
    party: SyncedPartySessionState, queue: QueuePort, videos: VideoCataloguePort
) -> PlayableItem | None:
    """The item that is announced, or else the first; what can't be played now is passed over."""
    announced = None if party.playback.next_video is None else party.playback.next_video.item_id
    items = queue.upcoming(party.id, party.settings.queue_mode)
    for item in sorted(items, key=lambda found: found.item_id != announced):
        video = videos.queued(item.video_id, party.id)
        if video is not None:
            return PlayableItem(item, video)
    return None


def choose_next(
    party: SyncedPartySessionState, queue: QueuePort, videos: VideoCataloguePort, now_ms: float
) -> NextVideo | None:
    """What follows by itself, the party's pause after `now_ms` (ms); None where nothing does."""
    after_s = party.settings.next_after_s
    found = None if after_s is None else first_playable(party, queue, videos)
    if found is None or after_s is None:
        return None
    item = found.item
    return NextVideo(item_id=item.item_id, video_id=item.video_id, at_ms=now_ms + after_s * 1000.0)


def go_on(
    session: SyncedPartySession,
    queue: QueuePort,
    videos: VideoCataloguePort,
    now_ms: float,
    lead_ms: float,
) -> None:
    """Finish the film that has run out, and begin that which is announced for now or a lead from now."""
    party = session.state
    ends_at_ms = party.playback.ends_at_ms(party.video.duration_s)
    if ends_at_ms is not None and ends_at_ms <= now_ms:
        session.finish(now_ms, choose_next(party, queue, videos, now_ms))
    following = session.state.playback.next_video
    if following is not None and following.at_ms - now_ms <= LONGEST_LEAD_MS:
        _begin(session, following, queue, videos, now_ms, lead_ms)


def _begin(
    session: SyncedPartySession,
    following: NextVideo,
    queue: QueuePort,
    videos: VideoCataloguePort,
    now_ms: float,
    lead_ms: float,
) -> None:
    party = session.state
    wanted = party.settings.next_after_s is not None
    video = videos.queued(following.video_id, party.id) if wanted else None
    if video is not None and queue.take(party.id, following.item_id):
        session.begin_next(video, at_ms=now_ms, lead_ms=max(lead_ms, following.at_ms - now_ms))
    else:
        # It is gone, or can't be played: another one is announced anew.
        session.follow(choose_next(party, queue, videos, now_ms), now_ms)
