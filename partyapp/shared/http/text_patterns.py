"""What the description says of texts, as regular expressions that any engine reads alike (ECMA-262).

They take what the service takes, but for what only Unicode's tables tell: marks alone are no text, of any
script. Characters outside the BMP stand for themselves, so a JavaScript engine needs the flag `u`.
"""

#: What is trimmed off though it is a control character, and the spaces, which may stand at the ends, too.
_TRIMMED = r"\t-\r\u001c-\u001f\u0085\u2028\u2029"
_SPACES = r" \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_CONTROLS = r"\u0000-\u001f\u007f-\u009f"
#: Separators of lines, and what turns the direction of writing round.
_REFUSED = r"\u2028\u2029\u202d\u202e"
#: What is not drawn: formats, fillers, selectors, tags; and marks, which need a letter.
_UNSEEN = (
    r"\u00ad\u0300-\u036f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5"
    r"\u180b-\u180f\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20d0-\u20ff\u2800"
    r"\u302a-\u302f\u3164\ufe00-\ufe0f\ufe20-\ufe2f\ufeff\uffa0\ufff0-\ufffb"
    "\U000e0000-\U000e0fff"
)
#: Controls that end a line, or stand for a space.
_IN_LINES = r"\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u202d\u202e"

#: A name or a title, see `visible_text`.
VISIBLE = (
    f"^[{_TRIMMED}{_SPACES}]*[^{_CONTROLS}{_REFUSED}]*[^{_CONTROLS}{_SPACES}{_REFUSED}{_UNSEEN}]"
    f"[^{_CONTROLS}{_REFUSED}]*[{_TRIMMED}{_SPACES}]*$"
)
#: The same in lines.
IN_LINES = f"^[^{_IN_LINES}]*[^{_CONTROLS}{_SPACES}{_REFUSED}{_UNSEEN}][^{_IN_LINES}]*$"

#: One word of printable ASCII, trimmed.
WORD = f"^[{_TRIMMED}{_SPACES}]*[!-~]+[{_TRIMMED}{_SPACES}]*$"


def plain(low: int, *, exact: bool) -> str:
    """A text without control characters; trimmed, and then of `low` at least, unless it is `exact`."""
    if exact:
        return f"^[^{_CONTROLS}]*$"
    ends, within = f"[{_TRIMMED}{_SPACES}]*", f"[^{_CONTROLS}]"
    if low == 0:
        return f"^{ends}{within}*{ends}$"
    edge = f"[^{_CONTROLS}{_SPACES}\\u2028\\u2029]"
    rest = f"{within}*" if low == 1 else f"{within}{{{low - 2},}}{edge}"
    return f"^{ends}{edge}{rest}{ends}$"
