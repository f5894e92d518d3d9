"""Two real browsers, one of them behind a slow and uneven network, show the same frame."""

from __future__ import annotations

from statistics import median

import pytest
from playwright.sync_api import Playwright

from bench.browser_positions import judged_spans, pair_differences
from tests.support.browser_windows import Windows, pass_s, seek, toggle
from tests.support.local_stack import Stack
from tests.support.tcp_proxy import TcpProxy

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(120)]

#: People who talk notice an echo of the film from here on, ms; the room's limit by default.
VOICE_LIMIT_MS = 80.0
DELAY_MS, JITTER_MS = 40.0, 20.0


def test_the_same_frame_in_spite_of_the_network(stack: Stack, playwright: Playwright, chromium: str) -> None:
    with (
        TcpProxy(("127.0.0.1", stack.port), delay_ms=DELAY_MS, jitter_ms=JITTER_MS) as proxy,
        Windows(playwright, chromium) as windows,
    ):
        host = windows.open(f"http://127.0.0.1:{stack.port}")
        windows.open(f"http://127.0.0.1:{proxy.port}")
        windows.wait_until_loaded()
        toggle(host)
        pass_s(host, 4)
        seek(host, 120)
        pass_s(host, 7)
        reports = windows.reports()
    commands = reports[0]["commands"]
    assert {command["action"] for command in commands} == {"play", "seek"}
    spans = judged_spans(commands, min(report["frames"][-1][0] for report in reports))
    [apart] = pair_differences(reports, spans).values()
    after_seek = [value for at, value in apart if at >= spans[-1].begin_ms]
    assert len(after_seek) > 60, "there is too little to judge by"
    assert median(abs(value) for _, value in apart) < VOICE_LIMIT_MS / 5
    assert median(abs(value) for value in after_seek) < VOICE_LIMIT_MS / 5
    # The network's delay is no part of it: whoever just did as told would be behind by more than that.
    assert abs(median(value for _, value in apart)) < DELAY_MS / 2
