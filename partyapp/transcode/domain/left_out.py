"""What of a file doesn't come into the film that is made of it, in words for its owner."""

from partyapp.transcode.domain.probed_film import ProbedFilm


def left_out(film: ProbedFilm, sounds: int, texts: int) -> str | None:
    """A sentence for each kind, None where nothing is lost. So many `sounds` and `texts` are taken."""
    pictures = sum(not text.is_text for text in film.texts)
    said = (
        _sentence(pictures, "track of subtitles", "made of pictures, so add a file of text (.srt) instead"),
        _sentence(
            len(film.texts) - pictures - texts, "further track of subtitles", "unreadable, or too many"
        ),
        _sentence(len(film.sounds) - sounds, "sound", "unreadable, or too many"),
    )
    return " ".join(one for one in said if one) or None


def _sentence(count: int, what: str, why: str) -> str:
    if count <= 0:
        return ""
    plural = what.replace("track", "tracks") if "track" in what else f"{what}s"
    return f"Left out: {count} {what if count == 1 else plural} ({why})."
