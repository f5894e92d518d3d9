"""One table of close codes: on the wire, in the documentation, and in the file for the client."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from wsproto.frame_protocol import FrameProtocol, Opcode

from partyapp.realtime.websocket.frames import CloseCode, close_frame
from tests.golden.record_close_codes import GOLDEN_FILE, encoded

PROTOCOL = Path(__file__).parents[3] / "docs" / "protocol.md"


@pytest.mark.parametrize("code", CloseCode)
def test_the_reason_is_on_the_wire_and_short_enough_for_a_control_frame(code: CloseCode) -> None:
    client = FrameProtocol(client=True, extensions=[])
    client.receive_bytes(close_frame(code))
    (frame,) = client.received_frames()
    assert (frame.opcode, frame.payload) == (Opcode.CLOSE, (code, code.reason))
    assert 0 < len(code.reason.encode("ascii")) <= 123


def test_a_code_of_the_peers_own_goes_back_without_a_reason() -> None:
    assert close_frame(3001) == b"\x88\x02\x0b\xb9"


def test_the_documentation_has_the_same_table() -> None:
    rows = re.findall(r"^\| (\d{4}) \| (.+?) \| (yes|no) \|", PROTOCOL.read_text(encoding="utf-8"), re.M)
    assert rows == [(str(int(code)), code.reason, "yes" if code.reconnect else "no") for code in CloseCode]


def test_the_file_for_the_client_is_up_to_date() -> None:
    assert GOLDEN_FILE.read_text(encoding="utf-8") == encoded(), (
        "tests/golden/close_codes.json is stale: python -m tests.golden.record_close_codes"
    )
