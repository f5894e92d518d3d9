"""What sending one frame to many sockets costs without any program of ours: the floor of a broadcast.

    python -m bench.micro.bare_sends [--sockets 500] [--rounds 80]

One process calls `send` of each of so many TCP connections over the loopback in a row, after a pause as
between commands; another reads them by epoll and does nothing else. Prints medians in ms: until all is
written, and until the last one is read.
"""

import argparse
import multiprocessing
import select
import socket
import statistics
import time
from multiprocessing.connection import Connection

#: As long as the message of a command usually is, in bytes.
FRAME = b"x" * 300
PAUSE_S = 0.1
LIMIT_S = 10.0


def read_all(address: tuple[str, int], sockets: int, rounds: int, done: Connection) -> None:
    """Connect, and tell in each round when the last socket was read."""
    epoll = select.epoll()
    readers = {}
    for _ in range(sockets):
        reader = socket.create_connection(address)
        epoll.register(reader, select.EPOLLIN)
        readers[reader.fileno()] = reader
    for _ in range(rounds):
        missing = sockets
        while missing:
            for file, _ in epoll.poll(LIMIT_S):
                readers[file].recv(len(FRAME))
                missing -= 1
        done.send(time.monotonic())


def measure(sockets: int, rounds: int) -> tuple[float, float]:
    """The two medians in ms. Raises TimeoutError when nothing is read."""
    server = socket.create_server(("127.0.0.1", 0), backlog=sockets)
    here, there = multiprocessing.Pipe()
    reading = multiprocessing.Process(
        target=read_all, args=(server.getsockname(), sockets, rounds, there), daemon=True
    )
    reading.start()
    writers = [server.accept()[0] for _ in range(sockets)]
    for writer in writers:
        writer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    written_ms, read_ms = [], []
    for _ in range(rounds):
        time.sleep(PAUSE_S)
        began = time.monotonic()
        for writer in writers:
            writer.send(FRAME)
        written_ms.append((time.monotonic() - began) * 1000)
        if not here.poll(LIMIT_S):
            raise TimeoutError("a frame was not read")
        read_ms.append((here.recv() - began) * 1000)
    reading.join(LIMIT_S)
    for one in (server, *writers):
        one.close()
    return statistics.median(written_ms), statistics.median(read_ms)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.micro.bare_sends")
    parser.add_argument("--sockets", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=80)
    given = parser.parse_args()
    written_ms, read_ms = measure(given.sockets, given.rounds)
    print(f"{given.sockets} sockets: written after {written_ms:.2f} ms, read after {read_ms:.2f} ms")


if __name__ == "__main__":
    main()
