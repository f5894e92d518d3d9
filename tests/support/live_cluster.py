"""A real Cluster of the bundled Valkey: three nodes on random ports of the loopback, all slots assigned."""

from __future__ import annotations

import signal
import subprocess
from functools import partial
from pathlib import Path
from typing import Any, Self

import redis
from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot

from partyapp.local_run.installed_programs import valkey_program
from tests.support.local_stack import STOP_LIMIT_S, free_port
from tests.support.waiting import LIMIT_S, RECOVERY_S, eventually

NODES = 3
#: A node that is silent for so long, in ms, is failed over. The shortest that a busy machine keeps to.
NODE_TIMEOUT_MS = 2000


class Node:
    """One server of the Cluster, which can be killed, frozen and started again on its data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700)
        self.port, self.bus_port = free_port(), free_port()
        # Any: redis-py gives commands of the Cluster no types.
        self.client: Any = redis.Redis(port=self.port, socket_timeout=LIMIT_S)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def id(self) -> str:
        """The node's name in the Cluster."""
        return str(self.client.execute_command("CLUSTER MYID").decode())

    def start(self) -> None:
        settings = {
            "bind": "127.0.0.1",
            "port": self.port,
            "dir": self._folder,
            "save": "",
            "cluster-enabled": "yes",
            "cluster-port": self.bus_port,
            "cluster-node-timeout": NODE_TIMEOUT_MS,
            "cluster-announce-ip": "127.0.0.1",
        }
        words = [str(valkey_program())]
        for name, value in settings.items():
            words += [f"--{name}", str(value)]
        with (self._folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def is_up(self) -> bool:
        try:
            return bool(self.client.ping())
        except (redis.RedisError, OSError):
            return False

    def is_ok(self) -> bool:
        """Whether it finds the whole Cluster well."""
        try:
            info = self.client.execute_command("CLUSTER INFO")
        except (redis.RedisError, OSError):
            return False
        # redis-py gives a mapping or the text, by the protocol.
        return "ok" in str(info.get("cluster_state") if isinstance(info, dict) else info.split()[0])

    def shard_channels(self) -> list[str]:
        """The sharded channels that somebody listens to here."""
        return [str(channel.decode()) for channel in self.client.pubsub_shardchannels()]

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(STOP_LIMIT_S)

    def freeze(self) -> None:
        """It goes on holding its connections, and answers nobody."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on with what it has read meanwhile."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)


class LiveCluster:
    """The Cluster, until the end of the block."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700)
        self.nodes = [Node(folder / str(number)) for number in range(NODES)]
        self._replicas: list[Node] = []

    @property
    def url(self) -> str:
        """As `LIVE_REDIS_URL` has it."""
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        return f"redis+cluster://{hosts}"

    def __enter__(self) -> Self:
        try:
            for node in self.nodes:
                node.start()
            for node in self.nodes:
                eventually(node.is_up, RECOVERY_S)
            self._form()
        except BaseException:
            self._end()
            raise
        return self

    def _form(self) -> None:
        each = REDIS_CLUSTER_HASH_SLOTS // NODES
        for number, node in enumerate(self.nodes):
            last = REDIS_CLUSTER_HASH_SLOTS - 1 if number == NODES - 1 else (number + 1) * each - 1
            node.client.execute_command("CLUSTER SET-CONFIG-EPOCH", number + 1)
            node.client.execute_command("CLUSTER ADDSLOTSRANGE", number * each, last)
        for node in self.nodes[1:]:
            self._introduce(node)
        eventually(self.is_ok, RECOVERY_S)

    def _introduce(self, node: Node) -> None:
        self.nodes[0].client.execute_command("CLUSTER MEET", "127.0.0.1", node.port, node.bus_port)

    def is_ok(self) -> bool:
        """Whether every node that runs finds the Cluster well and knows of all the others."""
        return all(node.is_ok() for node in self.nodes)

    def add_replica(self, of: Node) -> Node:
        """A further node, which takes over when `of` fails."""
        replica = Node(self._folder / f"replica-{len(self._replicas)}")
        self._replicas.append(replica)
        replica.start()
        eventually(replica.is_up, RECOVERY_S)
        self._introduce(replica)
        eventually(partial(_knows, replica, of), RECOVERY_S)
        replica.client.execute_command("CLUSTER REPLICATE", of.id)
        eventually(lambda: "master_link_status:up" in _text(replica, "INFO replication"), RECOVERY_S)
        # Who has not heard of the replica yet would not vote for it.
        for node in self.nodes:
            eventually(partial(_knows, node, replica), RECOVERY_S)
        return replica

    def owner(self, channel: str) -> Node:
        """The node that has the channel's slot, as the first node that answers sees it."""
        slot = key_slot(channel.encode())
        asked = next(node for node in self.nodes if node.is_up())
        for found in asked.client.cluster("SLOTS"):
            start, end, (_host, port, *_) = found[0], found[1], found[2]
            if start <= slot <= end:
                return next(node for node in (*self.nodes, *self._replicas) if node.port == port)
        raise LookupError(f"nobody has slot {slot}")

    def move_slot(self, channel: str, to: Node) -> None:
        """Give the channel's slot, which holds no keys, to another node; as `valkey-cli` does it."""
        slot, source = key_slot(channel.encode()), self.owner(channel)
        to.client.execute_command("CLUSTER SETSLOT", slot, "IMPORTING", source.id)
        source.client.execute_command("CLUSTER SETSLOT", slot, "MIGRATING", to.id)
        for node in (to, source, *(node for node in self.nodes if node not in (to, source))):
            node.client.execute_command("CLUSTER SETSLOT", slot, "NODE", to.id)

    def __exit__(self, *_error: object) -> None:
        self._end()

    def _end(self) -> None:
        for node in (*self.nodes, *self._replicas):
            if node.process is not None and node.process.poll() is None:
                node.kill()
            node.client.close()


def _knows(node: Node, other: Node) -> bool:
    return other.id in _text(node, "CLUSTER NODES")


def _text(node: Node, command: str) -> str:
    """The answer as the server wrote it."""
    client: Any
    with redis.Redis(port=node.port, socket_timeout=LIMIT_S) as client:
        # Callbacks would make a mapping of it.
        client.response_callbacks.clear()
        answer = client.execute_command(*command.split())
    return answer.decode() if isinstance(answer, bytes) else str(answer)
