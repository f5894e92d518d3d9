"""What the fields of the party's requests mean."""

from collections.abc import Mapping

#: Field name, or `Schema.field` where the name alone means several things.
WORDS: Mapping[str, str] = {
    "title": "A title for people; the video's own if none is given.",
    "video_id": "What to watch.",
    "visibility": "`private`: who holds the invite may join. `public`: everybody finds it and may join.",
    "control": "Who may play, pause and seek.",
    "starts_at_ms": "When the film begins by itself, in ms of party time: a year ahead at most.",
    "max_members": "How many may be in the party.",
    "invite_code": "A private party asks for it.",
    "user_id": "A member's user id.",
    "action": "What to do.",
    "PlaybackSchema.position_s": "Where to play from, pause at or seek to, in s; a seek needs it.",
    "SyncSchema.position_s": "Where the player is, in s.",
    "PartyVideoSchema.position_s": "Where to begin, in s.",
    "play": "Whether to play at once; otherwise it stands still.",
    "SyncSchema.video_id": "What the player shows: of another film than the party's, nothing counts.",
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
