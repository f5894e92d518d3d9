"""What a party plays beside the commands of its members: its film's end, waits, and another film."""

from dataclasses import replace
from math import inf
from uuid import UUID

from partyapp.party.domain.aggregate import PartyAggregate
from partyapp.party.domain.film_length import BY_HOST, BY_MEMBERS, is_news
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.playback import (
    AT_THE_END_S,
    HoldReason,
    NextVideo,
    PlaybackState,
    PlaybackStatus,
)
from partyapp.party.domain.playback_events import (
    PlaybackFinished,
    PlaybackHeld,
    PlaybackResumed,
    VideoChanged,
    VideoDurationKnown,
)
from partyapp.party.domain.readiness import Hold, HoldOn, Players, Resume, decide, overdue
from partyapp.party.domain.state import PartyVideo


class PlaybackRules(PartyAggregate):
    """What may become of a party's playback."""

    def know_duration(
        self, actor: PartyMember | None, video_id: UUID, duration_s: float, agreed: bool, at_ms: float
    ) -> bool:
        """Take the video's length (s) from a member's player; False where it is no news or not believed.

        The host's word counts; another's if others agree (`agreed`) and the host has said nothing yet.
        """
        present, video = self._must_be_member(actor), self._state.video
        self._must_be_active()
        by = BY_HOST if present.user_id == self._state.host_id else BY_MEMBERS
        if by == BY_MEMBERS and (not agreed or video.duration_by == BY_HOST):
            return False
        if video_id != video.id or not is_news(duration_s, video.duration_s):
            return False
        known = {"video_id": video_id, "duration_s": duration_s, "was_s": video.duration_s, "by": by}
        self._state = replace(self._state, video=replace(video, duration_s=duration_s, duration_by=by))
        self._record(VideoDurationKnown, at_ms, present.user_id, **known)
        return True

    def finish(self, at_ms: float, next_video: NextVideo | None = None) -> bool:
        """Stop the video at its end once it ran past it; False while it has not.

        `next_video` is what follows by itself.
        """
        self._must_be_active()
        duration, playback = self._state.video.duration_s, self._state.playback
        ends = playback.ends_at_ms(duration)
        if duration is None or ends is None or ends > at_ms:
            return False
        revision = self._state.revision + 1
        playback = playback.stopped(duration, ends, revision=revision, next_video=next_video)
        self._state = replace(self._state, playback=playback)
        self._record(PlaybackFinished, at_ms, None, playback=playback)
        return True

    def hold(
        self,
        reason: HoldReason,
        waits_for: tuple[UUID, ...],
        *,
        at_ms: float,
        lead_ms: float,
        limit_ms: float,
    ) -> bool:
        """Stand still a lead after `at_ms` (ms), for `limit_ms` at most; False unless the party plays."""
        self._must_be_active()
        old = self._state.playback
        if old.status is not PlaybackStatus.PLAYING:
            return False
        from_ms = old.earliest_next_ms(at_ms, lead_ms)
        playback = replace(
            old,
            position_s=old.position_at(from_ms, self._state.video.duration_s),
            at_ms=from_ms,
            revision=self._state.revision + 1,
        ).held_for(reason, waits_for, limit_ms)
        self._state = replace(self._state, playback=playback, lead_ms=lead_ms)
        self._record(PlaybackHeld, at_ms, None, playback=playback, lead_ms=lead_ms)
        return True

    def hold_on(self, waits_for: tuple[UUID, ...], until_ms: float, *, at_ms: float) -> bool:
        """Stand still on for these alone, until `until_ms` at most; False where the party doesn't wait.

        Who was waited for before was so until `at_ms` (ms).
        """
        self._must_be_active()
        old = self._state.playback
        if old.held is None:
            return False
        since_ms = min(max(at_ms, old.held.since_ms), old.held.until_ms)
        held = replace(old.held, waits_for=waits_for, since_ms=since_ms, until_ms=until_ms)
        playback = replace(old, held=held, revision=self._state.revision + 1)
        waits = self._state.waits_after(at_ms)
        self._state = replace(self._state, playback=playback, waits=waits)
        self._record(PlaybackHeld, at_ms, None, playback=playback, lead_ms=self._state.lead_ms)
        return True

    def settle(self, players: Players | None, *, at_ms: float, lead_ms: float) -> bool:
        """Begin a wait, go on with it or end it, as the party's rule says; False where nothing is due.

        `players` is None where nobody knows them: then a wait ends when its time is over.
        """
        state = self._state
        decision = overdue(state, at_ms) if players is None else decide(state, players, at_ms, lead_ms)
        match decision:
            case Hold(reason=reason, waits_for=waits_for, limit_ms=limit_ms):
                return self.hold(reason, waits_for, at_ms=at_ms, lead_ms=lead_ms, limit_ms=limit_ms)
            case HoldOn(waits_for=waits_for, until_ms=until_ms):
                return self.hold_on(waits_for, until_ms, at_ms=at_ms)
            case Resume(reason=why, late=late):
                return self.resume(why, late, at_ms=at_ms, lead_ms=lead_ms)
        return False

    def resume(self, reason: str, late: tuple[UUID, ...], *, at_ms: float, lead_ms: float) -> bool:
        """Go on after a wait, a lead after `at_ms` (ms). `reason`: ready, left or limit.

        `late`: for whom the party doesn't wait any more. False where it waits for nobody.
        """
        self._must_be_active()
        old = self._state.playback
        if old.held is None:
            return False
        from_ms = old.earliest_next_ms(at_ms, lead_ms)
        revision = self._state.revision + 1
        playback = replace(old, status=PlaybackStatus.PLAYING, at_ms=from_ms, revision=revision, held=None)
        waits = self._state.waits_after(at_ms)
        self._state = replace(self._state, playback=playback, waits=waits, lead_ms=lead_ms)
        facts = {"playback": playback, "lead_ms": lead_ms, "reason": reason, "late": late}
        self._record(PlaybackResumed, at_ms, None, **facts)
        return True

    def change_video(
        self,
        actor: PartyMember | None,
        video: PartyVideo,
        *,
        position_s: float = 0.0,
        play: bool = False,
        at_ms: float,
        lead_ms: float,
    ) -> None:
        """Show another film, stopped at `position_s` (s) or playing from there a lead after `at_ms` (ms).

        A party whose date has not come plays it from then on. A position past the end is clamped to it; a
        play at the end starts over. Raises what `must_control` raises.
        """
        present = self.must_control(actor)
        self._show(video, present.user_id, position_s=position_s, play=play, at_ms=at_ms, lead_ms=lead_ms)

    def follow(self, next_video: NextVideo | None, at_ms: float) -> bool:
        """Announce another film to follow the one that is over, or none; False where nothing was announced.

        That is a second `playback_finished`, which differs in `next` alone.
        """
        self._must_be_active()
        old = self._state.playback
        if old.next_video is None:
            return False
        playback = replace(old, next_video=next_video, revision=self._state.revision + 1)
        self._state = replace(self._state, playback=playback)
        self._record(PlaybackFinished, at_ms, None, playback=playback)
        return True

    def begin_next(self, video: PartyVideo, *, at_ms: float, lead_ms: float) -> None:
        """Play the next film of the queue, by itself."""
        self._show(video, None, position_s=0.0, play=True, at_ms=at_ms, lead_ms=lead_ms)

    def _show(
        self,
        video: PartyVideo,
        actor_id: UUID | None,
        *,
        position_s: float,
        play: bool,
        at_ms: float,
        lead_ms: float,
    ) -> None:
        self._must_be_active()
        old, end_s = self._state.playback, inf if video.duration_s is None else video.duration_s
        dated = not play and old.waits_for_date(at_ms)
        from_ms = old.earliest_next_ms(at_ms, lead_ms) if play else old.at_ms if dated else at_ms
        play = play or dated
        if play and position_s >= end_s - AT_THE_END_S:
            position_s = 0.0
        playback = PlaybackState(
            status=PlaybackStatus.PLAYING if play else PlaybackStatus.STOPPED,
            position_s=min(position_s, video.reach_s),
            rate=old.rate,
            at_ms=from_ms,
            revision=self._state.revision + 1,
        )
        waits = self._state.waits_after(at_ms)
        self._state = replace(self._state, video=video, playback=playback, waits=waits, lead_ms=lead_ms)
        self._record(VideoChanged, at_ms, actor_id, video=video, playback=playback, lead_ms=lead_ms)
