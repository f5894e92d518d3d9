"""Two real browsers, one of them behind a slow and uneven network, show the same frame."""

from __future__ import annotations

from statistics import median

import pytest
from playwright.sync_api import Playwright

from tests.support.browser_windows import Windows, pass_s, seek, toggle
from tests.support.frame_positions import latest_differences_ms
from tests.support.local_stack import Stack
from tests.support.tcp_proxy import TcpProxy
from tests.support.waiting import RECOVERY_S, eventually

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(400)]

#: A quarter of what people who talk notice, and little more than a refresh of the screen, ms.
APART_MS = 20.0
#: Three seconds, in looks of 50 ms.
LOOKS = 60
DELAY_MS, JITTER_MS = 40.0, 20.0


def test_the_same_frame_in_spite_of_the_network(stack: Stack, playwright: Playwright, chromium: str) -> None:
    with (
        TcpProxy(("127.0.0.1", stack.page_port), delay_ms=DELAY_MS, jitter_ms=JITTER_MS) as proxy,
        Windows(playwright, chromium) as windows,
    ):
        host = windows.open(f"http://127.0.0.1:{stack.page_port}{stack.page_path}")
        windows.open(f"http://127.0.0.1:{proxy.port}{stack.page_path}")
        windows.wait_until_loaded()
        toggle(host)
        pass_s(host, 2)
        seek(host, 120)
        pass_s(host, 1)
        eventually(lambda: are_together(windows), RECOVERY_S, every_s=0.5)
        reports = windows.reports()
    assert {command["action"] for command in reports[0]["commands"]} == {"play", "seek"}
    assert all(report["frames"][-1][1] > 120 for report in reports)


def are_together(windows: Windows) -> bool:
    """Whether the last three seconds showed the same frames on both screens.

    The network's delay is no part of it: whoever just did as told would be behind by more than that.
    """
    apart = latest_differences_ms(windows.reports(), LOOKS)
    return len(apart) == LOOKS and median(map(abs, apart)) < APART_MS
