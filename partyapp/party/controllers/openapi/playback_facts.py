"""What is shown of a party's playback: the timeline, and what the events of the playback say."""

from partyapp.openapi.fields import Answer, ident, idents, instant, nested, real, whole, word
from partyapp.party.domain.playback import MAX_RATE, MIN_RATE, HoldReason, PlaybackStatus
from partyapp.transcode.openapi import Video

HOLD_REASONS = tuple(reason.value for reason in HoldReason)


class NextVideo(Answer):
    """Which film of the queue begins by itself, and when."""

    item_id = ident("Its place in the queue.")
    video_id = ident("The film.")
    at_ms = instant("When it begins.")


class Hold(Answer):
    """A wait."""

    reason = word("For members whose player loads, or for the film that is being prepared.", *HOLD_REASONS)
    for_ = idents("For whom.", key="for")
    since_ms = instant("Since when the party stands still.")
    until_ms = instant("When the wait is over in any case.")


class Playback(Answer):
    """The timeline that all follow.

    From `at_ms` on, the position at party time t is `position_s`, plus `rate * (t - at_ms) / 1000` while it
    plays, never past the end. `at_ms` may lie in the future; until then the timeline before it holds.
    """

    state = word("Stopped, playing or paused.", *(status.value for status in PlaybackStatus))
    position_s = real("The media position at `at_ms`, in s.", 0)
    rate = real("The speed, 0.25 to 4.", 0)
    at_ms = instant("From when on it holds.")
    revision = whole("The event that set it.")
    held = nested(Hold, "Why it stands still and goes on by itself; null when it doesn't.", null=True)
    next = nested(NextVideo, "What begins by itself after the end; null when nothing does.", null=True)


class PlaybackFacts(Answer):
    state = word("What the party does from `at_ms` on.", *(status.value for status in PlaybackStatus))
    position_s = real("The media position at `at_ms`, in s.", 0)
    rate = real(f"The speed, {MIN_RATE:g} to {MAX_RATE:g}.", 0)
    at_ms = instant("From when on it holds.")
    lead_ms = real(
        "How far ahead the members needed the command, in ms. One that begins later was scheduled before it"
        " if `at_ms` is further ahead.",
        0,
    )


class PlaybackFinishedFacts(PlaybackFacts):
    next = nested(NextVideo, "What begins by itself; null when nothing does.", null=True, optional=True)


class PlaybackHeldFacts(PlaybackFacts):
    reason = word("For members whose player loads, or for the film that is being prepared.", *HOLD_REASONS)
    for_ = idents("For whom the party waits.", key="for")
    until_ms = instant("When the wait is over in any case.")
    held = nested(Hold, "The same as Playback's `held`.")


class PlaybackResumedFacts(PlaybackFacts):
    reason = word(
        "`ready`: all can play; `left`: who could not is gone; `limit`: the wait was over.",
        "ready",
        "left",
        "limit",
    )
    late = idents("For whom the party doesn't wait any more; they catch up alone.")


class VideoChangedFacts(Answer):
    video = nested(Video, "What is watched from then on.")
    playback = nested(Playback, "The timeline from then on.")
    lead_ms = real("How far ahead a start of it was scheduled, in ms.", 0)
