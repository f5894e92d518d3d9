"""Where the browsers of this machine are."""

from __future__ import annotations

import shutil

_NAMES = {
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "firefox": ("firefox-esr", "firefox"),
}


def installed(browser: str) -> str | None:
    """The program of `chromium` or `firefox`, under any of its names; None where there is none."""
    return next(filter(None, map(shutil.which, _NAMES[browser])), None)
