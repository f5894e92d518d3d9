"""A film's poster and the pictures above its seek bar: how many, how large, and where each is."""

from collections.abc import Sequence
from dataclasses import dataclass

#: A storyboard has at most so many pictures; the step between two is the first of these, in s, that will do.
MOST_PICTURES = 250
STEPS_S = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 1800, 3600)
COLUMNS, ROWS = 10, 10
PICTURE_LONG = 160
POSTER_LONG = 960
#: The poster is looked for after this share of the film, and not later than this, in s.
POSTER_SHARE, POSTER_LATEST_S = 0.1, 300.0


@dataclass(frozen=True, kw_only=True)
class Storyboard:
    """`count` pictures of `width` × `height` pixels, one each `every_s`, in sheets of `columns` × `rows`."""

    every_s: int
    count: int
    width: int
    height: int
    columns: int = COLUMNS
    rows: int = ROWS


def storyboard_of(duration_s: float, width: int, height: int) -> Storyboard:
    """The storyboard of a film that lasts so long and is shown so large."""
    every_s = next((step for step in STEPS_S if duration_s / step <= MOST_PICTURES), STEPS_S[-1])
    count = max(1, int(duration_s // every_s) + (duration_s % every_s > 0))
    small = fitted(width, height, PICTURE_LONG)
    columns = min(COLUMNS, count)
    rows = min(ROWS, -(-count // columns))
    return Storyboard(
        every_s=every_s, count=count, width=small[0], height=small[1], columns=columns, rows=rows
    )


def fitted(width: int, height: int, long: int) -> tuple[int, int]:
    """The size with the longer side at most `long`, both sides even."""
    scale = min(1.0, long / max(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def storyboard_vtt(storyboard: Storyboard, sheets: Sequence[str], duration_s: float) -> str:
    """WebVTT that names, for each time, a place in a sheet (Media Fragments, `#xywh`).

    `sheets` are the sheets' file names. Places without a sheet are left out.
    """
    lines = ["WEBVTT", ""]
    a_sheet = storyboard.columns * storyboard.rows
    for number in range(min(storyboard.count, len(sheets) * a_sheet)):
        row, column = divmod(number % a_sheet, storyboard.columns)
        start, end = number * storyboard.every_s, min((number + 1) * storyboard.every_s, duration_s)
        place = (column * storyboard.width, row * storyboard.height, storyboard.width, storyboard.height)
        lines.append(f"{_time(start)} --> {_time(end)}")
        lines += [f"{sheets[number // a_sheet]}#xywh={','.join(map(str, place))}", ""]
    return "\n".join(lines)


def _time(at_s: float) -> str:
    whole_ms = round(at_s * 1000)
    minutes, ms = divmod(whole_ms, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{ms // 1000:02d}.{ms % 1000:03d}"
