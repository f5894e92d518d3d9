"""Records the server's table of close codes, with which the JavaScript client's reconnect policy must agree.

Run it by `python -m tests.golden.record_close_codes` after a wanted change of `CloseCode`. The file is a list
of `{"code", "name", "reason", "reconnect"}`: `reason` as the close frame carries it, `reconnect` whether a
client connects anew.
"""

import json
from pathlib import Path

from partyapp.realtime.websocket.frames import CloseCode

GOLDEN_FILE = Path(__file__).with_name("close_codes.json")


def encoded() -> str:
    """The file's text."""
    rows = [
        {"code": int(code), "name": code.name, "reason": code.reason, "reconnect": code.reconnect}
        for code in CloseCode
    ]
    return json.dumps(rows, indent=1) + "\n"


if __name__ == "__main__":
    GOLDEN_FILE.write_text(encoded(), encoding="utf-8")
