"""Words for what requests hold: the controllers' schemas check, and say nothing to a reader."""

from collections.abc import Mapping

#: Field name, or `Schema.field` where the name alone means several things.
WORDS: Mapping[str, str] = {
    "display_name": "The name that others see.",
    "title": "A title for people.",
    "CreatePartySchema.title": "A title for people; the video's own if none is given.",
    "playback_url": "An http or https URL without a password, or a path on this server.",
    "duration_s": "The video's length in s.",
    "video_id": "What to watch.",
    "visibility": "`private`: who holds the invite may join. `public`: everybody finds it and may join.",
    "control": "Who may play, pause and seek.",
    "max_members": "How many may be in the party.",
    "invite_code": "A private party asks for it.",
    "user_id": "A member's user id.",
    "action": "What to do.",
    "position_s": "A media position in s.",
    "PlaybackSchema.position_s": "Where to play from, pause at or seek to, in s; a seek needs it.",
    "SyncSchema.position_s": "Where the player is, in s.",
    "rate": "The speed; unchanged if not given.",
    "expected_revision": "Refuse as `stale_revision` unless the party is at this revision.",
    "SyncSchema.state": "What the player does.",
    "SyncSchema.revision": "The latest revision that the player knows of.",
    "rtt_ms": "The round trip that the client measured, in ms.",
    "limit": "How many items a page holds at most.",
    "cursor": "Where the page starts: `next_cursor` of the page before.",
    "EventsQuery.cursor": "`next_cursor` of the page before; a revision, as `after` is.",
    "after": "Only events after this revision.",
    "PartiesQuery.state": "Which parties.",
    "unread": "`true`: only what was not read.",
}
