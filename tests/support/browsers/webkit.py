"""WebKitGTK's MiniBrowser by WebDriver (W3C), on a screen that nobody sees."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from tests.support.browsers.window import awaited, process_group
from tests.support.waiting import LIMIT_S, RECOVERY_S, Unexpected, eventually

#: How the protocol names an element in JSON.
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
#: Where a machine has no sound device, a picture with sound stands still unless GStreamer discards the sound.
_SOUNDLESS = {"GST_PLUGIN_FEATURE_RANK": "alsasink:NONE,openalsink:NONE,pulsesink:NONE,jackaudiosink:NONE"}
_MINI_BROWSERS = ("webkit2gtk-4.1/MiniBrowser", "webkit2gtk-4.0/MiniBrowser", "webkitgtk-6.0/MiniBrowser")


def mini_browser() -> str | None:
    """Where the browser is; None where a part of what is needed is missing."""
    if shutil.which("WebKitWebDriver") is None or shutil.which("Xvfb") is None:
        return None
    folders = [
        folder
        for root in ("/usr/lib", "/usr/libexec")
        for folder in (Path(root), *Path(root).glob("*-linux-gnu*"))
    ]
    found = (folder / name for folder in folders for name in _MINI_BROWSERS)
    return next((str(path) for path in found if path.exists()), None)


class WebKitWindow:
    """The window of a session; see `Window`."""

    def __init__(self, http: httpx.Client, program: str) -> None:
        self._http = http
        options = {"binary": program, "args": ["--automation", "--autoplay-policy=allow"]}
        wanted = {"alwaysMatch": {"webkitgtk:browserOptions": options, "pageLoadStrategy": "normal"}}
        started = self._send("POST", "/session", {"capabilities": wanted})
        self.version = str(started["capabilities"]["browserVersion"])
        self._session = f"/session/{started['sessionId']}"
        limits = {"script": 2000 * LIMIT_S, "pageLoad": 2000 * LIMIT_S}
        self._send("POST", f"{self._session}/timeouts", limits)

    def close(self) -> None:
        """End the session and its browser."""
        self._send("DELETE", self._session)

    def open(self, url: str) -> None:
        """Go there, and return when the page has loaded."""
        self._send("POST", f"{self._session}/url", {"url": url})

    def run(self, function: str, *arguments: object) -> Any:
        """What the function of the page answers. Raises Unexpected with its words if it fails."""
        promise = awaited(function, arguments)
        script = (
            f"const done = arguments[0]; {promise}.then(done, (error) => done({{ failed: String(error) }}));"
        )
        found = self._send("POST", f"{self._session}/execute/async", {"script": script, "args": []})
        if isinstance(found, dict):
            raise Unexpected(found["failed"])
        return json.loads(found)

    def press(self, selector: str) -> None:
        """Press the element in its middle."""
        self._send("POST", f"{self._element(selector)}/click", {})

    def type_text(self, selector: str, text: str) -> None:
        """Press the element and type."""
        self._send("POST", f"{self._element(selector)}/value", {"text": text})

    def screenshot(self, path: Path) -> None:
        """Write what the window shows as a PNG."""
        path.write_bytes(base64.b64decode(self._send("GET", f"{self._session}/screenshot")))

    def _element(self, selector: str) -> str:
        wanted = {"using": "css selector", "value": selector}
        found = self._send("POST", f"{self._session}/element", wanted)
        return f"{self._session}/element/{found[_ELEMENT]}"

    def _send(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._http.request(method, path, json=body)
        value = answer.json()["value"]
        if answer.is_error:
            raise Unexpected(f"{method} {path}: {value['error']}: {value['message']}")
        return value


@contextmanager
def webkit_window(program: str, folder: Path) -> Iterator[WebKitWindow]:
    """A MiniBrowser of its own, on a screen of its own, that keeps everything in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    reading, writing = os.pipe()
    screen = ["Xvfb", "-screen", "0", "1280x1024x24", "-nolisten", "tcp", "-displayfd", str(writing)]
    with (folder / "webkit.log").open("wb") as log, process_group(screen, folder, log, pass_fds=[writing]):
        os.close(writing)
        with os.fdopen(reading, "rb") as numbers:
            display = f":{numbers.readline().decode().strip()}"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        env = {"DISPLAY": display, "GDK_BACKEND": "x11", "XDG_RUNTIME_DIR": str(folder), **_SOUNDLESS}
        with process_group(["WebKitWebDriver", f"--port={port}"], folder, log, env), _client(port) as http:
            eventually(lambda: _answers(http), RECOVERY_S)
            window = WebKitWindow(http, program)
            try:
                yield window
            finally:
                with suppress(httpx.HTTPError, Unexpected):
                    window.close()


def _client(port: int) -> httpx.Client:
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=4 * LIMIT_S, trust_env=False)


def _answers(http: httpx.Client) -> bool:
    try:
        return http.get("/status").is_success
    except httpx.TransportError:
        return False
