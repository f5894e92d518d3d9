"""WebVTT as it came from outside: what a browser would read in it, and what it would lose in silence.

Styles and regions are left out on purpose: a style sheet may fetch from elsewhere, and the page gives
subtitles their size and place. Notes go too. Tags are kept if WebVTT knows them.
"""

import html
import re

from partyapp.transcode.infrastructure.subtitles.cues import MAX_MARKUP_LENGTH, TOO_LONG, Cue, CueList
from partyapp.transcode.infrastructure.subtitles.encoding import without_controls
from partyapp.transcode.infrastructure.subtitles.runs import escaped
from partyapp.transcode.infrastructure.subtitles.times import time_of, timing_of, webvtt_time

_ARROW = "-->"
_LEFT_OUT = {
    "STYLE": "A style sheet is left out: the page gives subtitles their looks.",
    "REGION": "A region is left out: its cues stand where others do.",
}
_ENTITY = re.compile(r"&(?:[a-zA-Z][a-zA-Z0-9]{1,31}|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});")
_TAG = re.compile(
    r"<(?:(?P<close>/)(?P<closed>c|i|b|u|v|lang|ruby|rt)[ \t]*"
    r"|(?P<open>c|i|b|u|v|lang|ruby|rt)(?P<classes>(?:\.[\w-]{1,40}){0,8})(?:[ \t\n](?P<note>[^<>]{0,200}))?"
    r"|(?P<time>[0-9:.]{5,20}))>"
)
#: HTML's own, which browsers leave out here too. Others may be words, as in `<laughs>`, and are shown.
_FOREIGN_TAG = re.compile(r"</?(?:font|span|div|p|s|em|strong)(?:[ \t\n/][^<>]{0,300})?>", re.IGNORECASE)
_NUMBER = r"(?:100(?:\.0{1,9})?|[0-9]{1,2}(?:\.[0-9]{1,9})?)%"
_SETTING = re.compile(
    r"vertical:(?:rl|lr)"
    rf"|line:(?:-?[0-9]{{1,3}}|{_NUMBER})(?:,(?:start|center|end))?"
    rf"|position:{_NUMBER}(?:,(?:line-left|center|line-right))?"
    rf"|size:{_NUMBER}|align:(?:start|center|end|left|right)"
)


def is_webvtt(text: str) -> bool:
    """Whether the text has WebVTT's first word."""
    return text.startswith("WEBVTT") and not text[6:7].strip()


def read_webvtt(text: str) -> CueList:
    """The cues of a WebVTT file."""
    found = CueList()
    for start, block in _blocks(text.split("\n")):
        arrow = next((at for at, line in enumerate(block[:2]) if _ARROW in line), None)
        if arrow is not None:
            _read_cue(start + arrow, block[arrow:], found)
            continue
        first = block[0].split(maxsplit=1)[0] if block[0].strip() else ""
        if first in _LEFT_OUT:
            found.drop(start, _LEFT_OUT[first])
        elif first != "NOTE" and not (start == 1 and is_webvtt(block[0])):
            found.drop(start, "There are no times above this text.")
    return found


def _blocks(lines: list[str]) -> list[tuple[int, list[str]]]:
    """What stands between empty lines, with the number of its first line. Times end a block before them."""
    blocks: list[tuple[int, list[str]]] = []
    block: list[str] = []
    for number, line in enumerate(lines, 1):
        begins = _ARROW in line and (len(block) > 1 or any(_ARROW in above for above in block) or number == 2)
        if block and (not line or begins):
            blocks.append((number - len(block), block))
            block = []
        if line:
            block.append(line)
    if block:
        blocks.append((len(lines) - len(block) + 1 - _empty_at_the_end(lines), block))
    return blocks


def _empty_at_the_end(lines: list[str]) -> int:
    return 0 if lines[-1] else 1


def _read_cue(line: int, block: list[str], found: CueList) -> None:
    timing = timing_of(block[0])
    if timing is None:
        found.drop(line, "The times can't be read.", unreadable=True)
        return
    raw = "\n".join(block[1:])
    if len(raw) > MAX_MARKUP_LENGTH:
        found.drop(line, TOO_LONG)
        return
    start_ms, end_ms, rest = timing
    # After the cleaning, since what an entity stands for may be no letter at all.
    text = "\n".join(text for text in clean_markup(raw).split("\n") if text.strip())
    found.add(Cue(line=line, start_ms=start_ms, end_ms=end_ms, text=text, settings=_settings(rest)))


def _settings(rest: str) -> str:
    kept: dict[str, str] = {}
    for setting in rest[:500].split():
        if _SETTING.fullmatch(setting):
            kept.setdefault(setting.partition(":")[0], setting)
    return " ".join(kept.values())


def clean_markup(text: str) -> str:
    """Cue text with WebVTT's own tags alone, each closed, and everything else as letters."""
    out: list[str] = []
    open_tags: list[str] = []
    text, at = _FOREIGN_TAG.sub("", text), 0
    for tag in _TAG.finditer(text):
        out.append(_letters(text[at : tag.start()]))
        at = tag.end()
        if tag["open"]:
            open_tags.append(tag["open"])
            out.append(_opening(tag))
        elif tag["close"]:
            out += _closing(tag["closed"], open_tags)
        elif (time_ms := time_of(tag["time"])) is not None:
            out.append(f"<{webvtt_time(time_ms)}>")
    out.append(_letters(text[at:]))
    out += [f"</{name}>" for name in reversed(open_tags)]
    return "".join(out)


def _opening(tag: re.Match[str]) -> str:
    note = " ".join(_letters(tag["note"] or "").split()) if tag["open"] in ("v", "lang") else ""
    return f"<{tag['open']}{tag['classes']}{' ' if note else ''}{note}>"


def _closing(name: str, open_tags: list[str]) -> list[str]:
    """The ends of what was opened last, down to the tag. An end of nothing is left out."""
    if name not in open_tags:
        return []
    closed = []
    while True:
        last = open_tags.pop()
        closed.append(f"</{last}>")
        if last == name:
            return closed


def _letters(text: str) -> str:
    """Entities stay what they mean, also those that not every reader knows."""
    return escaped(without_controls(_ENTITY.sub(lambda found: html.unescape(found[0]), text)))
