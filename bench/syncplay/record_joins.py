"""`python -m bench.syncplay.record_joins`: records how the real client joins.

Debian's client with mpv joins parties of the real service through a proxy that notes each line of both sides:
a playing and a paused one, one in which only the host may play, over a poor network, and again after its
connection was cut in mid-film. What it writes is `joins.json` beside this file, for `python -m bench.syncplay
--joins`; the clients' lines are as they were sent, but for the party's invite code.
"""

import asyncio
import json
import random
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.syncplay.desktop_client import DesktopClient
from bench.syncplay.gateway_stack import DURATION_S, POSITION_S, GatewayStack
from bench.syncplay.recorded_join import CODE, RECORDED
from bench.syncplay.shown_frames import make_film

#: So long a join is recorded from the client's first line on, in s, or from its file on.
LASTS_S = 6.0
OPEN_LIMIT_S = 60.0

#: One line: ms since the connection began, whether the client said it, and what.
Line = tuple[float, bool, dict[str, Any]]


@dataclass(frozen=True)
class Scene:
    """What the client joins. `delay_ms` is the network's, each way; `cut`: it comes back in mid-film."""

    name: str
    plays: bool = True
    control: str = "everyone"
    delay_ms: float = 0.0
    cut: bool = False


SCENES = (
    Scene("into a playing party"),
    Scene("into a paused party", plays=False),
    Scene("where only the host may play", control="host"),
    Scene("over a poor network", delay_ms=60.0),
    Scene("into a paused party over a poor network", plays=False, delay_ms=60.0),
    Scene("back after its connection was cut", cut=True),
    Scene("back into a paused party", plays=False, cut=True),
)


@dataclass
class Recorder:
    """A proxy that notes lines, each of its connections by itself."""

    target: int
    delay_ms: float
    connections: list[list[Line]] = field(default_factory=list)
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def start(self) -> int:
        """Listen; the port."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = server.sockets[0].getsockname()[1]
        return port

    def cut(self) -> None:
        """Cut what is open."""
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        lines: list[Line] = []
        self.connections.append(lines)
        self._writers = [writer, up_writer]
        began_s = time.monotonic()
        await asyncio.gather(
            self._pass(reader, up_writer, lines, began_s, True),
            self._pass(up_reader, writer, lines, began_s, False),
        )

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        lines: list[Line],
        began_s: float,
        is_clients: bool,
    ) -> None:
        with suppress(OSError):
            while line := await reader.readline():
                # As the client sees it: what it says before it is on its way, what it hears after.
                if is_clients:
                    lines.append(_noted(line, began_s, is_clients))
                await asyncio.sleep(self.delay_ms / 1000.0 * random.uniform(0.8, 1.2))
                if not is_clients:
                    lines.append(_noted(line, began_s, is_clients))
                if writer.is_closing():
                    break
                writer.write(line)
        writer.close()


def _noted(line: bytes, began_s: float, is_clients: bool) -> Line:
    at_ms = round((time.monotonic() - began_s) * 1000.0, 1)
    # So many decimals, for the file's size; what comes back is rounded as what went out.
    return at_ms, is_clients, json.loads(line, parse_float=lambda digits: round(float(digits), 4))


async def recorded(service: GatewayStack, film: Path, folder: Path, scene: Scene) -> dict[str, Any]:
    """One scene, as `joins.json` has it."""
    party = await asyncio.to_thread(service.party, control=scene.control, plays=scene.plays)
    recorder = Recorder(service.port, scene.delay_ms)
    port = await recorder.start()
    with DesktopClient(folder, film, port=port, name="Ada", room=party["invite_code"]) as client:
        await _opened(recorder, 1)
        await asyncio.sleep(LASTS_S)
        if scene.cut:
            recorder.cut()
            await _opened(recorder, 2)
            await asyncio.sleep(LASTS_S)
        if "Traceback" in client.said():
            raise RuntimeError(client.said())
    commands = await asyncio.to_thread(service.commands, party)
    if commands:
        print(f"{scene.name}: commands that nobody gave: {commands}")
    lines = recorder.connections[-1]
    return {
        "name": scene.name,
        "plays": scene.plays,
        "control": scene.control,
        "lines": [line for line in lines if _is_of_use(line)],
    }


def _is_of_use(line: Line) -> bool:
    """All that the client says; of what it is told, what it waits for or answers."""
    _, is_clients, message = line
    return is_clients or any(kind in message for kind in ("TLS", "Hello", "State"))


async def _opened(recorder: Recorder, connections: int) -> None:
    until_s = time.monotonic() + OPEN_LIMIT_S
    while time.monotonic() < until_s:
        if len(recorder.connections) >= connections and any(
            is_clients and "file" in message.get("Set", {})
            for _, is_clients, message in recorder.connections[-1]
        ):
            return
        await asyncio.sleep(0.05)
    raise RuntimeError("the client told no file")


def main() -> None:
    """Record all scenes."""
    with TemporaryDirectory(prefix="party-record-") as name, GatewayStack(Path(name)) as service:
        film = Path(name) / "film.mkv"
        make_film(film, int(min(DURATION_S, POSITION_S + 300.0)))
        traces = []
        for number, scene in enumerate(SCENES):
            print(scene.name, flush=True)
            traces.append(asyncio.run(recorded(service, film, Path(name) / f"client-{number}", scene)))
    text = json.dumps({"client": "1.6.9", "traces": traces}, separators=(",", ":"))
    for trace in traces:
        room = next(line[2]["Hello"]["room"]["name"] for line in trace["lines"] if "Hello" in line[2])
        text = text.replace(room.removeprefix("+code:").split(":")[0], CODE)
    # A line of the file for each line of the wire.
    RECORDED.write_text(text.replace(",[", ",\n[").replace('"lines":[', '"lines":[\n') + "\n")
    print(f"{RECORDED}: {RECORDED.stat().st_size} bytes")


if __name__ == "__main__":
    main()
