"""A device sleeps: its page frozen, its network gone, the party elsewhere when it wakes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Playwright

from tests.support.browser_windows import Windows, pass_s, seek, set_asleep, toggle
from tests.support.frame_positions import Report, latest_differences_ms
from tests.support.local_stack import Stack
from tests.support.tcp_proxy import TcpProxy
from tests.support.waiting import RECOVERY_S, eventually

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(400)]

#: A quarter of what people who talk notice, and little more than a refresh of the screen, ms.
APART_MS = 20.0
#: A second, in looks of 50 ms.
LOOKS = 20
#: On waking the time is asked for so often at once.
BURST = 8


def machine_ms(page: Page) -> float:
    return float(page.evaluate("() => performance.timeOrigin + performance.now()"))


def are_together(windows: Windows) -> bool:
    """Whether the last second of both pictures was the same."""
    apart = latest_differences_ms(windows.reports(), LOOKS)
    return sum(abs(difference) <= APART_MS for difference in apart) >= LOOKS * 3 // 4


def most_exchanges(report: Report, since_ms: float) -> int:
    """How many exchanges there were in the 2 s that had most of them."""
    exchanges = [at for at, *_ in report["exchanges"] if at >= since_ms]
    return max((sum(first <= at < first + 2000 for at in exchanges) for first in exchanges), default=0)


def test_a_woken_device_is_back_on_the_same_frame(
    stack: Stack, playwright: Playwright, chromium: str
) -> None:
    with TcpProxy(("127.0.0.1", stack.page_port)) as proxy, Windows(playwright, chromium) as windows:
        host = windows.open(f"http://127.0.0.1:{stack.page_port}{stack.page_path}")
        sleeper = windows.open(f"http://127.0.0.1:{proxy.port}{stack.page_path}")
        windows.wait_until_loaded()
        toggle(host)
        eventually(lambda: are_together(windows), RECOVERY_S, every_s=0.5)

        set_asleep(sleeper, True)
        proxy.refuse()
        cut_ms, before = machine_ms(host), proxy.accepted
        pass_s(host, 2)
        seek(host, 150)
        pass_s(host, 2)
        # It tries all the time, so it may be back while it is being woken.
        resumed_ms = machine_ms(host)
        proxy.resume()
        set_asleep(sleeper, False)

        eventually(lambda: are_together(windows), RECOVERY_S, every_s=0.5)
        assert proxy.accepted > before, "it did not connect anew"
        report = windows.reports()[1]
        assert report["frames"][-1][1] > 150
        assert "open" in [state for at, state in report["states"] if at >= cut_ms]
        eventually(lambda: most_exchanges(windows.reports()[1], resumed_ms) >= BURST)
