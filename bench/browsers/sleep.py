"""One window sleeps: frozen and disconnected, while the room seeks. How soon is it in sync again?"""

from __future__ import annotations

from typing import Any

from tests.support.browser_windows import Windows, pass_s, seek, set_asleep, toggle
from tests.support.frame_positions import FrameTrace, Span, differences_ms
from tests.support.tcp_proxy import TcpProxy

BEFORE_S = 4.0
ASLEEP_S = 6.0
AFTER_S = 15.0
SEEK_S = 150.0
#: A window is back when it is within this of the other, and stays so, ms.
BACK_WITHIN_MS = 20.0


def sleep_and_wake(windows: Windows, proxy: TcpProxy) -> dict[str, Any]:
    """Let the last window, which is behind `proxy`, sleep and wake; the figures of its return."""
    host, sleeper = windows.pages[0], windows.pages[-1]
    toggle(host)
    pass_s(host, BEFORE_S)
    set_asleep(sleeper, True)
    proxy.refuse()
    pass_s(host, ASLEEP_S / 2)
    seek(host, SEEK_S)
    pass_s(host, ASLEEP_S / 2)
    proxy.resume()
    set_asleep(sleeper, False)
    woke_ms = float(host.evaluate("() => performance.timeOrigin + performance.now()"))
    pass_s(host, AFTER_S)
    return came_back(windows.reports(), woke_ms)


def came_back(reports: list[dict[str, Any]], woke_ms: float) -> dict[str, Any]:
    """When the first exchange after the wake-up was, and from when on the frames stayed together."""
    first, last = reports[0], reports[-1]
    exchanges = [at for at, *_ in last["exchanges"] if at >= woke_ms]
    end_ms = min(first["frames"][-1][0], last["frames"][-1][0])
    spans = [Span(woke_ms, end_ms, "wake")]
    apart = differences_ms(FrameTrace(first["frames"]), FrameTrace(last["frames"]), spans)
    off = [at for at, value in apart if abs(value) > BACK_WITHIN_MS]
    settled_ms = max(off, default=woke_ms)
    return {
        "first_exchange_after_wake_ms": round(exchanges[0] - woke_ms, 1) if exchanges else None,
        "exchanges_in_the_next_second": sum(at < exchanges[0] + 1000 for at in exchanges) if exchanges else 0,
        "together_after_exchange_ms": round(settled_ms - exchanges[0], 1) if exchanges else None,
        "off_instants_ms": [round(at - woke_ms) for at in off][-5:],
        "apart_at_the_end_ms": round(apart[-1][1], 2) if apart else None,
    }
