"""Where on the picture a cue stands: the places of ASS (which SRT files borrow) as WebVTT cue settings."""

#: The height of a line of text with browsers' own size (5 % of the picture) and spacing, in % of the picture.
_LINE_HEIGHT = 6


def settings_of(
    alignment: int, lines: int, place: tuple[float, float] | None, canvas: tuple[float, float]
) -> str:
    """Cue settings for an alignment 1 to 9, as on a number pad: 2 is WebVTT's own, bottom and centre.

    `place` is what of a cue with that alignment stands where, in the units of `canvas` (width, height).
    Lines are placed by their upper edge, since not all browsers know another anchor.
    """
    column, row = (alignment - 1) % 3, (alignment - 1) // 3
    across = ("align:left", "", "align:right")[column]
    if place is not None:
        x, y = (_percent(at, size) for at, size in zip(place, canvas, strict=True))
        top = max(0.0, min(y - (lines * _LINE_HEIGHT, lines * _LINE_HEIGHT / 2, 0)[row], 100.0))
        # Centred text is as wide as what is left on the nearer side, so it needs some room there.
        x = max(20.0, min(x, 80.0)) if column == 1 else x
        return f"line:{top:.4g}% position:{x:.4g}% {across or 'align:center'}"
    down = ("", "line:45%", "line:0")[row]
    sideways = ("position:5% ", "", "position:95% ")[column] + across
    return f"{down} {sideways}".strip()


def _percent(at: float, size: float) -> float:
    return max(0.0, min(100 * at / size, 100.0))
