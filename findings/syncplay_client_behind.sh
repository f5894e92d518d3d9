#!/usr/bin/env bash
# Packages:  Debian 12's syncplay and syncplay-common 1.6.9+repack1-7 (the desktop client's own engine, with a stub for its
#            player), Twisted 26.10.0 from PyPI. For whoever writes a server for Syncplay's clients.
# Behaviour: (1) A client that was started with a file does not open it until the server has said which entry of the shared
#            playlist is current, be it null; until then it answers each State as if it played along. (2) It opens at 0:00,
#            wherever the room is, and a client *behind* an ordinary room is not brought forward, by any difference; one that is
#            more than 4 s ahead is sent back at the next State. Only a State with doSeek brings it forward.
# Guess:     a client follows the position that it is told each second, both ways; a playlist that is not used is not needed.
# Seen:      see `expect` below; the room was at 1000 s, and then 60 s before and behind the client.
# Date:      2026-11-28
set -euo pipefail
for program in python3 apt-get dpkg; do command -v $program >/dev/null || { echo "needs $program"; exit 77; }; done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq syncplay{,-common}=1.6.9+repack1-7 2>/dev/null || exit 75
for package in *.deb; do dpkg -x "$package" debian; done
python3 -m venv env && env/bin/pip install --quiet --disable-pip-version-check twisted==26.10.0 certifi==2026.10.18 || exit 75
expect() { # what, stated, seen
  [ "$2" = "$3" ] && echo "as stated: $1: $3" && return
  printf 'CHANGED: %s\n  stated: %s\n  seen:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}
cat >room.py <<'PY'
import json, sys, time
from twisted.internet import protocol, reactor, task
from twisted.protocols.basic import LineReceiver
sys.path.insert(0, "debian/usr/lib/python3/dist-packages")
from syncplay.client import SyncplayClient
from syncplay.ui.ConfigurationGetter import ConfigurationGetter
class Quiet:
    def __getattr__(self, name): return lambda *args, **options: None
class Player(Quiet):
    speedSupported = alertOSDSupported = chatOSDSupported = False
    opened, seeks, paused, at, since = 0, [], True, 0.0, time.time()
    def run(client, *_): player.client = client; client.initPlayer(player); return player
    def now(self): return self.at if self.paused else self.at + time.time() - self.since
    def askForStatus(self): self.opened and self.client.updatePlayerStatus(self.paused, self.now())
    def openFile(self, path, resetPosition=False): self.opened += 1; self.client.updateFile("film.mkv", 5400.0, path)
    def setPosition(self, value): self.seeks.append(value); self.at, self.since = value, time.time()
    def setPaused(self, value): self.at, self.since, self.paused = self.now(), time.time(), value
class Room(LineReceiver):
    now = lambda self: self.at + time.time() - self.since
    at, since, answers = 1000, time.time(), 0
    def connectionMade(self): Room.one = self
    def move(self, seconds): self.at += seconds
    def say(self, **message): self.sendLine(json.dumps(message).encode())
    def state(self, seek=False, **more):
        playstate = {"position": self.now(), "paused": False, "doSeek": seek, "setBy": "Ben"}
        self.say(State={"playstate": playstate, "ping": {"latencyCalculation": time.time()}, **more})
    def lineReceived(self, line):
        message = json.loads(line)
        if "TLS" in message: self.say(TLS={"startTLS": "false"})
        if "Hello" in message:
            self.say(Hello={"username": "Ada", "room": {"name": "room"}, "version": "1.6.9", "features": {"readiness": False}})
            task.LoopingCall(self.state).start(0.2)
        self.answers += "State" in message
        count = message.get("State", {}).get("ignoringOnTheFly", {}).get("client")
        if count: self.state(ignoringOnTheFly={"client": count}) # it follows no State until its own change is confirmed
def tell(what, then): # what the player was told since the last time
    seeks, player.seeks, behind = len(player.seeks), [], Room.one.now() - player.now()
    place = "far behind" if behind > 50 else "in step" if abs(behind) < 2 else f"{behind} s behind"
    print(f"{what}: opened {player.opened}, seeks {seeks}, {place}, States answered: {Room.one.answers > 3}")
    then()
for seconds, what, then in [
    (5, "no index", lambda: Room.one.say(Set={"playlistIndex": {"user": None, "index": None}})),
    (15, "index null", lambda: Room.one.state(seek=True)),
    (18, "doSeek", lambda: Room.one.move(-60)),
    (21, "room 60 s back", lambda: Room.one.move(60)),
    (31, "room 60 s ahead", reactor.stop),
]: reactor.callLater(seconds, tell, what, then)
player, port = Player(), reactor.listenTCP(0, protocol.Factory.forProtocol(Room), interface="127.0.0.1").getHost().port
own = {"host": "127.0.0.1", "port": port, "name": "Ada", "room": "room", "file": "film.mkv", "perPlayerArguments": {}}
SyncplayClient(Player, Quiet(), ConfigurationGetter()._config | own).start("127.0.0.1", port)
PY
expect 'what the player was told' 'no index: opened 0, seeks 0, far behind, States answered: True
index null: opened 1, seeks 1, far behind, States answered: True
doSeek: opened 1, seeks 1, in step, States answered: True
room 60 s back: opened 1, seeks 1, in step, States answered: True
room 60 s ahead: opened 1, seeks 0, far behind, States answered: True' "$(timeout --signal=INT 120 env/bin/python room.py)"
