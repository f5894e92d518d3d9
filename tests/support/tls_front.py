"""TLS in front of a server that speaks none: the embedded PostgreSQL and Valkey are built without it.

The front takes TLS off and passes the bytes on. For Postgres it first answers the client's request to go
over to TLS, as a server does (PostgreSQL's protocol, "SSL Session Encryption").
"""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import make_url

_SSL_REQUEST = bytes.fromhex("0000000804d2162f")


class TlsFront:
    """Listens on a port of the loopback with a certificate for `name`, signed by an authority of its own."""

    def __init__(self, folder: Path, path_or_port: str | int, *, postgres: bool, name: str) -> None:
        folder = folder / name
        folder.mkdir()
        self._behind = path_or_port
        self._postgres = postgres
        self.authority = folder / "authority.pem"
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(server_certificate(folder, self.authority, name))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.served = 0

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._listener.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError):
            if self._postgres:
                if client.recv(8) != _SSL_REQUEST:
                    client.close()
                    return
                client.sendall(b"S")
            inside = self._context.wrap_socket(client, server_side=True)
            self.served += 1
            server = self._open()
            threading.Thread(target=pass_on, args=(server, inside), daemon=True).start()
            pass_on(inside, server)

    def _open(self) -> socket.socket:
        if isinstance(self._behind, int):
            return socket.create_connection(("127.0.0.1", self._behind))
        server = socket.socket(socket.AF_UNIX)
        server.connect(self._behind)
        return server


def pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def server_certificate(folder: Path, authority: Path, name: str) -> Path:
    """A file with a server's key and certificate; the authority's certificate is written to `authority`."""
    now = datetime.datetime.now(datetime.UTC)
    keys = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())

    def signed(subject: str, key: ec.EllipticCurvePrivateKey, authority: bool) -> x509.Certificate:
        names = [x509.DNSName(name)]
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)]))
            .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "authority")]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(minutes=5))
            .not_valid_after(now + datetime.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .sign(keys[0], hashes.SHA256())
        )

    authority.write_bytes(signed("authority", keys[0], True).public_bytes(serialization.Encoding.PEM))
    file = folder / "server.pem"
    key = keys[1].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(key + signed(name, keys[1], False).public_bytes(serialization.Encoding.PEM))
    return file


def behind(url: str) -> str | int:
    """Where the server of this URL listens: a socket's path or a port."""
    if url.startswith("unix://"):
        return url.removeprefix("unix://").partition("?")[0]
    parsed = make_url(url)
    folder = parsed.query.get("host")
    if folder is not None:
        return f"{folder}/.s.PGSQL.{parsed.query.get('port', parsed.port or 5432)}"
    assert parsed.port is not None
    return parsed.port
