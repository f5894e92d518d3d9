#!/usr/bin/env bash
# Packages:  the nginx that is installed (Debian's nginx 1.22.1), websocket-client 1.9.0 and wsproto 1.3.2 from PyPI.
# Behaviour: `proxy_read_timeout` of a WebSocket begins anew with each message of the *client*, whatever the server behind
#            does: nginx sets the timers of both sides at each event of either. So a server that takes all and says
#            nothing keeps its clients for as long as they send, and the timeout, which one lowers to find such servers, finds
#            none; a client that only listens is cut off.
# Guess:     as the manual says: the time between two reads from the server; "if the proxied server does not transmit
#            anything within this time, the connection is closed". So a client's pings alone keep nothing open.
# Seen:      after how many s a connection to a silent server ended, with proxy_read_timeout 2s: see `expect` below.
#            What Party does: both sides send, and each takes the other's silence for the end (docs/protocol.md).
# Date:      2026-11-30
set -euo pipefail
PATH=$PATH:/usr/sbin
for program in python3 nginx; do command -v $program >/dev/null || { echo "needs $program"; exit 77; }; done
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env && env/bin/pip install --quiet --disable-pip-version-check wsproto==1.3.2 websocket-client==1.9.0 || exit 75
expect() { # what, stated, seen
  [ "$2" = "$3" ] && echo "as stated: $1: $3" && return
  printf 'CHANGED: %s\n  stated: %s\n  seen:   %s\n' "$1" "$2" "$3" >&2
  exit 1
}
read -r upstream nginx < <(python3 -c '
import socket
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*[each.getsockname()[1] for each in held])')
cat >nginx.conf <<CONF
daemon off; pid nginx.pid; error_log error.log;
events {}
http {
  access_log off; client_body_temp_path temp; proxy_temp_path temp; fastcgi_temp_path temp; uwsgi_temp_path temp; scgi_temp_path temp;
  server {
    listen 127.0.0.1:$nginx;
    location / {
      proxy_pass http://127.0.0.1:$upstream; proxy_http_version 1.1; proxy_read_timeout 2s;
      proxy_set_header Upgrade \$http_upgrade; proxy_set_header Connection upgrade;
    }
  }
}
CONF
cat >silent.py <<'PY'
"""Accepts each WebSocket, reads all and says nothing: `silent.py PORT`."""
import socket, sys, threading
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, Request
def serve(to):
    socket_of = WSConnection(ConnectionType.SERVER)
    while data := to.recv(4096):
        socket_of.receive_data(data)
        if any(isinstance(event, Request) for event in socket_of.events()):
            to.sendall(socket_of.send(AcceptConnection()))
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    threading.Thread(target=serve, args=server.accept()[:1], daemon=True).start()
PY
cat >lasts.py <<'PY'
"""How long a connection lasts where one side or none sends: `lasts.py PORT EVERY`, EVERY in s or `never`."""
import sys, time, websocket
port, every = int(sys.argv[1]), float(sys.argv[2].replace("never", "inf"))
for _ in range(100):
    try:
        connection = websocket.create_connection(f"ws://127.0.0.1:{port}/")
        break
    except (OSError, websocket.WebSocketException):
        time.sleep(0.1) # not listening yet
began = sent = time.monotonic()
connection.settimeout(0.05)
try:
    while time.monotonic() < began + 10:
        if time.monotonic() >= sent + every:
            sent += every
            connection.send("ping")
        try:
            connection.recv()
        except websocket.WebSocketTimeoutException:
            pass
    print("open after 10 s")
except (OSError, websocket.WebSocketException):
    print("ended after", round(time.monotonic() - began), "s")
PY
env/bin/python silent.py "$upstream" &
nginx -p "$work" -c nginx.conf 2>/dev/null &
nginx -v 2>&1
expect 'a client that only listens' 'ended after 2 s' "$(env/bin/python lasts.py "$nginx" never)"
expect 'a client that sends each second' 'open after 10 s' "$(env/bin/python lasts.py "$nginx" 1)"
