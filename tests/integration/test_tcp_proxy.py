"""The bad network that other tests use must itself be what it says."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median

import pytest

from tests.support.tcp_proxy import TcpProxy
from tests.support.waiting import LIMIT_S, eventually


@contextmanager
def echo_server(read: threading.Event | None = None) -> Iterator[tuple[str, int]]:
    """Gives back what it is sent. It reads nothing before `read` is set, if there is one."""

    def serve(end: socket.socket) -> None:
        with end, suppress(OSError):
            if read is not None:
                read.wait(LIMIT_S)
            while data := end.recv(1 << 16):
                end.sendall(data)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()
        listener.shutdown(socket.SHUT_RDWR)


@contextmanager
def connected(proxy: TcpProxy) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", proxy.port), LIMIT_S) as end:
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield end


def exactly(end: socket.socket, count: int) -> bytes:
    """Read so many bytes, or up to the end of the stream."""
    parts = bytearray()
    while len(parts) < count and (data := end.recv(count - len(parts))):
        parts += data
    return bytes(parts)


def round_trip_ms(end: socket.socket) -> float:
    began = time.monotonic()
    end.sendall(b"x")
    assert exactly(end, 1) == b"x"
    return (time.monotonic() - began) * 1000


def is_cut(end: socket.socket) -> bool:
    """Whether the next read finds a reset."""
    try:
        return end.recv(1) == b"x" and False
    except ConnectionResetError:
        return True


def test_bytes_arrive_whole_and_in_order_in_spite_of_jitter() -> None:
    sent = os.urandom(3_000_000)
    with echo_server() as target, TcpProxy(target, delay_ms=5, jitter_ms=5) as proxy, connected(proxy) as end:
        sender = threading.Thread(target=end.sendall, args=(sent,), daemon=True)
        sender.start()
        assert exactly(end, len(sent)) == sent


def test_what_is_lost_is_sent_again_and_holds_up_all_behind_it() -> None:
    sent = os.urandom(40_000)
    with echo_server() as target, TcpProxy(target, seed=3) as proxy, connected(proxy) as end:
        usual_ms = median(round_trip_ms(end) for _ in range(20))
        proxy.loss = 0.3
        # Each of 24 packets may be lost, and waits for at least 200 ms then.
        late = [round_trip_ms(end) for _ in range(12)]
        assert max(late) >= usual_ms + 200
        proxy.loss = 0.1
        threading.Thread(target=end.sendall, args=(sent,), daemon=True).start()
        assert exactly(end, len(sent)) == sent
    with pytest.raises(ValueError, match="loss"):
        TcpProxy(target, loss=1.0)


def test_each_direction_is_late_by_the_delay() -> None:
    with echo_server() as target, TcpProxy(target, delay_ms=30) as proxy, connected(proxy) as end:
        trips = [round_trip_ms(end) for _ in range(10)]
    # Never early; how late a timer fires is the machine's affair, so only the best one is judged: no
    # direction is late twice.
    assert min(trips) >= 59.9
    assert min(trips) < 2 * 60


def test_the_jitter_spreads_and_a_seed_repeats_it() -> None:
    def trips(seed: int) -> list[float]:
        with (
            echo_server() as target,
            # Far more than a busy machine adds.
            TcpProxy(target, delay_ms=100, jitter_ms=100, seed=seed) as proxy,
            connected(proxy) as end,
        ):
            return [round_trip_ms(end) for _ in range(6)]

    one, same, other = trips(1), trips(1), trips(2)
    assert max(one) - min(one) > 50

    def apart(a: list[float], b: list[float]) -> float:
        return median(abs(x - y) for x, y in zip(a, b, strict=True))

    assert apart(one, same) < apart(one, other) / 2


def test_a_cut_resets_and_the_next_connection_works() -> None:
    with echo_server() as target, TcpProxy(target) as proxy, connected(proxy) as end:
        round_trip_ms(end)
        assert proxy.open_connections == 1
        proxy.cut()
        assert is_cut(end)
        assert proxy.open_connections == 0
        with connected(proxy) as again:
            round_trip_ms(again)
        assert proxy.accepted == 2


def test_refused_until_resumed_on_the_same_port() -> None:
    with echo_server() as target, TcpProxy(target) as proxy, connected(proxy) as end:
        round_trip_ms(end)
        proxy.refuse()
        assert is_cut(end)
        with pytest.raises(ConnectionRefusedError), connected(proxy):
            pass
        with socket.socket() as thief, pytest.raises(OSError, match="in use"):
            thief.bind(("127.0.0.1", proxy.port))
        proxy.resume()
        with connected(proxy) as again:
            round_trip_ms(again)


@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_black_hole_holds_back_until_resumed(direction: str) -> None:
    with echo_server() as target, TcpProxy(target) as proxy, connected(proxy) as end:
        round_trip_ms(end)
        proxy.black_hole("up" if direction == "up" else "down")
        end.sendall(b"late")
        end.settimeout(0.2)
        with pytest.raises(TimeoutError):
            end.recv(1)
        proxy.resume()
        end.settimeout(LIMIT_S)
        assert exactly(end, 4) == b"late"


def test_a_dropped_reply_was_asked_for_and_done() -> None:
    heard: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        for _ in range(2):
            end, _ = listener.accept()
            with end:
                heard.append(end.recv(4))
                end.sendall(b"done")

    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        TcpProxy(listener.getsockname()) as proxy,
        connected(proxy) as end,
    ):
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        proxy.drop_reply()
        end.sendall(b"once")
        assert is_cut(end)
        assert (heard, proxy.replies_to_drop) == ([b"once"], 0)
        with connected(proxy) as again:
            again.sendall(b"more")
            assert exactly(again, 4) == b"done"


def test_a_unix_socket_may_be_the_target(tmp_path: Path) -> None:
    path = str(tmp_path / "echo.sock")
    with socket.socket(socket.AF_UNIX) as listener, TcpProxy(path) as proxy:
        listener.bind(path)
        listener.listen()
        with connected(proxy) as end:
            end.sendall(b"up")
            inner, _ = listener.accept()
            with inner:
                assert inner.recv(2) == b"up"
                inner.sendall(b"down")
                assert exactly(end, 4) == b"down"


def test_a_reader_that_stops_stops_the_sender() -> None:
    """What the proxy keeps is bounded: two sockets' buffers and its own, and not all that is sent."""
    read = threading.Event()
    most = 64 * 1024 * 1024
    with echo_server(read) as target, TcpProxy(target) as proxy, connected(proxy) as end:
        end.settimeout(0.5)
        taken = 0
        with pytest.raises(TimeoutError):
            while taken < most:
                taken += end.send(bytes(1 << 16))
        assert taken < most / 2
        read.set()


def test_a_half_closed_stream_ends_only_that_half() -> None:
    with echo_server() as target, TcpProxy(target, delay_ms=5) as proxy, connected(proxy) as end:
        end.sendall(b"bye")
        end.shutdown(socket.SHUT_WR)
        assert exactly(end, 9) == b"bye"
        eventually(lambda: proxy.open_connections == 0)


def test_a_target_that_is_gone_is_a_reset() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        target = listener.getsockname()
    # The reset may come so soon that it is connecting that fails.
    with TcpProxy(target) as proxy, suppress(ConnectionResetError), connected(proxy) as end:
        assert is_cut(end)


def test_stopping_leaves_nothing_behind() -> None:
    before = {thread.name for thread in threading.enumerate()}
    with echo_server() as target:
        with TcpProxy(target) as proxy, connected(proxy) as end:
            round_trip_ms(end)
            proxy.stop()
            assert is_cut(end)
        assert "tcp-proxy" not in {thread.name for thread in threading.enumerate()} - before
        with pytest.raises(ConnectionRefusedError), connected(proxy):
            pass


def test_a_jitter_that_would_go_back_in_time_is_refused() -> None:
    with pytest.raises(ValueError, match="jitter"):
        TcpProxy(("127.0.0.1", 1), delay_ms=10, jitter_ms=20)
