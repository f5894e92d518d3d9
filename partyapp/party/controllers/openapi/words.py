"""What the fields of the party's requests mean."""

from collections.abc import Mapping

#: Field name, or `Schema.field` where the name alone means several things.
WORDS: Mapping[str, str] = {
    "title": "A title for people; the video's own if none is given.",
    "video_id": "What to watch.",
    "visibility": "`private`: who holds the invite may join. `public`: everybody finds it and may join.",
    "control": "Who may play, pause and seek.",
    "max_members": "How many may be in the party.",
    "wait": "How the party waits for members whose players load; what is left out is as by default.",
    "for": "For whom: `nobody`, the `host`, `most` (once half of those connected can't play) or `everyone`.",
    "grace_s": "How long a player loads before the party waits for it, in s.",
    "limit_s": "How long a wait lasts at most, in s.",
    "budget_s": "For how long the party waits for one member within ten minutes, in s.",
    "when_ready": "Of a play: begin once all are ready for whom the party waits; it is held until then.",
    "invite_code": "A private party asks for it.",
    "user_id": "A member's user id.",
    "action": "What to do.",
    "PlaybackSchema.position_s": "Where to play from, pause at or seek to, in s; a seek needs it.",
    "SyncSchema.position_s": "Where the player is, in s.",
    "rate": "The speed; unchanged if not given.",
    "expected_revision": "Refuse as `stale_revision` unless the party is at this revision.",
    "SyncSchema.state": "What the player does.",
    "SyncSchema.revision": "The latest revision that the player knows of.",
    "duration_s": "The film's length in s by this player, where it is another one than the party's.",
    "rtt_ms": "The round trip that the client measured, in ms.",
    "EventsQuery.cursor": "`next_cursor` of the page before; a revision, as `after` is.",
    "after": "Only events after this revision.",
    "online": "Only those who are connected.",
    "q": "What the name begins with, in upper or lower case.",
    "PartiesQuery.state": "Which parties.",
}
