"""Firefox by WebDriver BiDi (W3C), which it speaks itself: `--remote-debugging-port`."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import websocket

from tests.support.browsers.window import awaited, process_group
from tests.support.waiting import LIMIT_S, RECOVERY_S, Unexpected, eventually

#: A page may start its picture without a press, as one may after having watched for a while; nobody hears it.
PREFERENCES = {
    "media.autoplay.default": 0,
    "media.volume_scale": "0.0",
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
}


class FirefoxWindow:
    """The first window of a Firefox; see `Window`."""

    def __init__(self, connection: websocket.WebSocket) -> None:
        self._connection = connection
        self._numbers = count(1)
        self.version = str(self._ask("session.new", capabilities={})["capabilities"]["browserVersion"])
        self._context = self._ask("browsingContext.getTree")["contexts"][0]["context"]

    def open(self, url: str) -> None:
        """Go there, and return when the page has loaded."""
        self._ask("browsingContext.navigate", context=self._context, url=url, wait="complete")

    def resize(self, width: int, height: int) -> None:
        """Make the page so large, in CSS pixels."""
        size = {"width": width, "height": height}
        self._ask("browsingContext.setViewport", context=self._context, viewport=size)

    def run(self, function: str, *arguments: object) -> Any:
        """What the function of the page answers. Raises Unexpected with its words if it fails."""
        return json.loads(self._call(f"() => {awaited(function, arguments)}")["value"])

    def press(self, selector: str) -> None:
        """Press the element in its middle."""
        moved = {
            "type": "pointerMove",
            "x": 0,
            "y": 0,
            "origin": {"type": "element", "element": {"sharedId": self._element(selector)}},
        }
        pressed = [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        self._perform({"type": "pointer", "id": "mouse", "actions": [moved, *pressed]})

    def type_text(self, selector: str, text: str) -> None:
        """Press the element and type."""
        self.press(selector)
        keys = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self._perform({"type": "key", "id": "keyboard", "actions": keys})

    def screenshot(self, path: Path) -> None:
        """Write what the window shows as a PNG."""
        taken = self._ask("browsingContext.captureScreenshot", context=self._context)
        path.write_bytes(base64.b64decode(taken["data"]))

    def _perform(self, source: dict[str, Any]) -> None:
        self._ask("input.performActions", context=self._context, actions=[source])

    def _element(self, selector: str) -> str:
        script = f"() => {{ const found = document.querySelector({json.dumps(selector)});"
        return str(
            self._call(f"{script} found.scrollIntoView({{ block: 'center' }}); return found; }}")["sharedId"]
        )

    def _call(self, function: str) -> Any:
        answer = self._ask(
            "script.callFunction",
            functionDeclaration=function,
            awaitPromise=True,
            target={"context": self._context},
            userActivation=False,
        )
        if answer["type"] != "success":
            raise Unexpected(answer["exceptionDetails"]["text"])
        return answer["result"]

    def _ask(self, method: str, **parameters: Any) -> Any:
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._connection.recv())
            if message.get("id") == number:
                if message["type"] == "error":
                    raise Unexpected(f"{method}: {message['error']}: {message['message']}")
                return message["result"]


@contextmanager
def firefox_window(
    program: str, folder: Path, preferences: Mapping[str, object] | None = None
) -> Iterator[FirefoxWindow]:
    """A Firefox of its own, without a screen, that keeps everything in `folder`; with these preferences."""
    profile = folder / "profile"
    profile.mkdir(parents=True)
    wanted = {**PREFERENCES, **(preferences or {})}
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in wanted.items())
    (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
    arguments = [
        program,
        "--headless",
        "--no-remote",
        "--profile",
        str(profile),
        "--remote-debugging-port",
        "0",
    ]
    log = folder / "firefox.log"
    with log.open("wb") as out, process_group(arguments, folder, out):

        def address() -> str | None:
            found = re.search(r"WebDriver BiDi listening on (ws://\S+)", log.read_text(errors="replace"))
            return found[1] if found else None

        url = eventually(address, RECOVERY_S)
        connection = websocket.create_connection(f"{url}/session", timeout=2 * LIMIT_S, suppress_origin=True)
        try:
            yield FirefoxWindow(connection)
        finally:
            connection.close()
