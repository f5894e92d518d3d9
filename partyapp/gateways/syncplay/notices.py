"""What desktop members are told in words, as chat messages of the party itself."""

from partyapp.gateways.syncplay.party_room import PartyRoom

#: Who says it.
SPEAKER = "Party"

NO_PARTY = "There is no such party: the room has to be the invite code of a party, as its page shows it."
NO_WAY = "The party can't be reached right now. Try again in a moment."
MAY_NOT_PLAY = "Only the host, and whom the host lets, may play, pause and seek in this party."
RIGHTS_ARE_THE_HOSTS = "The party's host decides who may play, pause and seek; the party's page is where."

#: A file whose length differs by more than this, in s, may be another version of the film.
SAME_LENGTH_S = 2.5


def welcome_to(room: PartyRoom) -> str:
    """What is shown once a client is in."""
    return f"Party: {room.title}. The film: {room.video.title}"


def other_length(own_s: float | None, film_s: float | None) -> str:
    """That a file may be another version of the film, by the lengths of both in s; empty if it is not."""
    if not own_s or not film_s or abs(own_s - film_s) <= SAME_LENGTH_S:
        return ""
    return (
        f"Your file is {length(own_s)} long and the party's film {length(film_s)}: it may be another "
        "version, and then the same position is not the same scene."
    )


def rate_is(rate: float, *, before: float) -> str:
    """That the party plays at a rate that clients can't follow, or no longer does; empty without news."""
    if rate == before:
        return ""
    if rate == 1.0:
        return "The party plays at normal speed again."
    return (
        f"The party plays at {rate:g}× speed. Syncplay can't be told so: your player is put right by jumps, "
        f"unless you set it to {rate:g}× yourself."
    )


def film_is(title: str) -> str:
    """That the film is another one."""
    return f"The party watches another film now: {title}. Open your file of it."


def length(seconds: float) -> str:
    """A length in words of a clock: 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
