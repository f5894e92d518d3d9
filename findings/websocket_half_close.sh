#!/usr/bin/env bash
# Packages:  the nginx and the Caddy that are installed (Debian's nginx 1.22.1 and caddy 2.6.2); wsproto 1.3.2 and
#            websocket-client 1.9.0 from PyPI.
# Behaviour: Both end a WebSocket's connection to the client as soon as the server behind them half-closes its own. A client
#            that is still sending is reset by that. The server's close frame has arrived, but the client's next write fails,
#            its answer to that frame at the latest, and it tells of a lost connection in place of the code. Chromium 156
#            told 1006 for 6 of 20 such sockets behind nginx and for 2 of 20 behind Caddy, where it sent without a pause;
#            for none where the server waited.
# Guess:     a server that sends its close frame, shuts its sending side down and reads on loses nothing, as without a proxy.
# Seen:      by websocket-client, which sends five frames before it reads, where the server half-closes at once, and where it
#            waits for the client's close frame (RFC 6455 section 7.1.1 has the server end first, and not when): see `expect`.
# Date:      2026-11-30
set -euo pipefail
PATH=$PATH:/usr/sbin
for program in python3 nginx caddy; do command -v $program >/dev/null || { echo "needs $program"; exit 77; }; done
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env && env/bin/pip install --quiet --disable-pip-version-check wsproto==1.3.2 websocket-client==1.9.0 || exit 75
read -r upstream nginx caddy < <(python3 -c '
import socket
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
print(*[each.getsockname()[1] for each in held])')
cat >nginx.conf <<CONF
daemon off; pid nginx.pid; error_log error.log;
events {}
http {
  access_log off; client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
  server { listen 127.0.0.1:$nginx; location / {
    proxy_pass http://127.0.0.1:$upstream; proxy_http_version 1.1;
    proxy_set_header Upgrade \$http_upgrade; proxy_set_header Connection upgrade; } }
}
CONF
nginx -p "$work" -e error.log -c nginx.conf &
printf '{\n\tadmin off\n}\nhttp://:%s {\n\treverse_proxy 127.0.0.1:%s\n}\n' "$caddy" "$upstream" >Caddyfile
HOME=$work XDG_DATA_HOME=$work caddy run --config Caddyfile --adapter caddyfile >caddy.log 2>&1 &
cat >look.py <<'PY'
import contextlib, select, socket, sys, threading, time
import websocket
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Request

upstream, *proxies = map(int, sys.argv[1:])
LIMIT_S = 20

def serve(listener, half_closes):
    """One connection: take it, say goodbye with 4410, and read on until the client has ended."""
    tcp, _ = listener.accept()
    with tcp:
        tcp.settimeout(LIMIT_S)
        protocol = WSConnection(ConnectionType.SERVER)
        try:
            while data := tcp.recv(65536):
                protocol.receive_data(data)
                for event in protocol.events():
                    if isinstance(event, Request):
                        tcp.sendall(protocol.send(AcceptConnection()))
                        tcp.sendall(protocol.send(CloseConnection(4410)))
                        if half_closes:
                            tcp.shutdown(socket.SHUT_WR)
                    elif isinstance(event, CloseConnection) and not half_closes:
                        tcp.shutdown(socket.SHUT_WR)
        except OSError:
            pass

def seen(port, half_closes):
    """What a client hears that sends five frames, 0.1 s apart, before it reads anything after the handshake."""
    with socket.create_server(("127.0.0.1", upstream)) as listener:
        server = threading.Thread(target=serve, args=(listener, half_closes), daemon=True)
        server.start()
        client = websocket.create_connection(f"ws://127.0.0.1:{port}/", timeout=LIMIT_S)
        for _ in range(5):
            time.sleep(0.1)  # the client's own pace
            with contextlib.suppress(OSError):
                client.send("busy")
        try:
            heard = int.from_bytes(client.recv_data()[1][:2], "big")
        except OSError:
            heard = "lost"
        client.shutdown()
        server.join(LIMIT_S)
        return heard

def answers(port):
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            select.select([], [], [], 0.05)
    sys.exit("a proxy did not start")

for port in proxies: answers(port)
for name, port in zip(("none", "nginx", "caddy"), (upstream, *proxies)):
    print(name, "half-closes:", seen(port, True), "waits:", seen(port, False))
PY
env/bin/python look.py "$upstream" "$nginx" "$caddy" | tee seen
cat >expect <<'OUT'
none half-closes: 4410 waits: 4410
nginx half-closes: lost waits: 4410
caddy half-closes: lost waits: 4410
OUT
diff expect seen
