"""A process that holds members: `python -m partyapp.simulation.process URL`.

Lines of JSON on standard input name what to do, `{"n": 3, "do": "fill", ...}`; each is answered by
`{"n": 3, "answer": ...}` or `{"n": 3, "error": ...}`, unless another comes before that. In between it tells
how many members there are. `{"do": "end"}`, and the end of the input, end all parties, whatever is under
way; so nothing is left behind when the process that leads is killed.
"""

import asyncio
import json
import signal
import sys
import traceback
from contextlib import suppress
from typing import Any

from party_client import PartyError, ProblemError, UnreachableError

from partyapp.simulation.crowd import Crowd

_TELL_S = 0.25
#: The longest line, which names each member that is to join, bytes.
_MOST_LINE = 1 << 24


def _tell(message: dict[str, Any]) -> None:
    # Whoever leads may be gone; the parties are to be ended all the same.
    with suppress(OSError):
        print(json.dumps(message, separators=(",", ":")), flush=True)


def _tell_members(crowd: Crowd) -> None:
    _tell({"open": crowd.open_members, "joined": len(crowd.members)})


async def _progress(crowd: Crowd) -> None:
    while True:
        _tell_members(crowd)
        await asyncio.sleep(_TELL_S)


async def _done(crowd: Crowd, number: int, do: str, what: dict[str, Any]) -> None:
    try:
        answer = await getattr(crowd, do)(**what)
        # Whoever reads the answer is to know how many there are by now.
        _tell_members(crowd)
        _tell({"n": number, "answer": answer})
    except ProblemError as problem:
        _tell({"n": number, "error": f"The service refused: {problem.detail}"})
    except UnreachableError as error:
        _tell({"n": number, "error": f"The service doesn't answer: {error}."})
    except PartyError as error:
        _tell({"n": number, "error": f"It can't go on: {error}."})
    except Exception as error:
        # Whoever leads waits for an answer; where it went wrong is on standard error.
        traceback.print_exc()
        _tell({"n": number, "error": f"The simulator failed: {type(error).__name__}."})


async def _input() -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=_MOST_LINE)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


async def serve(url: str) -> None:
    """Do what the lines say, to the last."""
    number = 0
    crowd, under_way = Crowd(url), asyncio.create_task(asyncio.sleep(0))
    reader, progress = await _input(), asyncio.create_task(_progress(crowd))
    try:
        while line := await reader.readline():
            what = json.loads(line)
            number, do = what.pop("n"), what.pop("do")
            if do == "end":
                break
            under_way.cancel()
            under_way = asyncio.create_task(_done(crowd, number, do, what))
    finally:
        under_way.cancel()
        progress.cancel()
        await asyncio.gather(under_way, progress, return_exceptions=True)
        await _done(crowd, number, "end", {})


def main() -> None:
    """Serve the standard input; Ctrl-C is for the process that leads."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asyncio.run(serve(sys.argv[1]))


if __name__ == "__main__":
    main()
