"""A real PostgreSQL server in a temporary folder, with TLS, on a free port of this machine."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

FOLDER = "PENSTOCK_POSTGRES_BIN"
SUPERUSER = "postgres"
PASSWORD = "a-superuser-of-tests"  # noqa: S105 - of a server that tests start
_DEBIAN = Path("/usr/lib/postgresql")
_SETTINGS = (
    "listen_addresses=127.0.0.1",
    "ssl=on",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "shared_buffers=16MB",
    "max_connections=60",
    "log_min_messages=fatal",
)


class NoServer(Exception):
    """PostgreSQL's programs are not on this machine."""


@dataclass(frozen=True, slots=True)
class Server:
    """
    A server that runs.

    Attributes:
        ca: who signed its certificate, which is for `localhost` alone, in PEM.
    """

    programs: Path
    data: Path
    port: int
    ca: str = field(repr=False)

    def settings(self, **given: Any) -> dict[str, Any]:
        """Settings of the sink, as the superuser and without TLS, but for what is given."""
        usual = {"host": "127.0.0.1", "database": "postgres", "user": SUPERUSER, "tls": "none"}
        return {**usual, "port": self.port, **given}

    def stop(self) -> None:
        """Stop it; connections are ended, and what was committed is kept."""
        self._control("stop", "-m", "fast")

    def start(self) -> None:
        """Start it."""
        self._control("start", "-o", _options(self.data, self.port))

    def _control(self, *arguments: str) -> None:
        log = str(self.data.parent / "log")
        _run(self.programs / "pg_ctl", "-D", str(self.data), "-w", "-s", "-l", log, *arguments)


@contextmanager
def running() -> Iterator[Server]:
    """
    A server while the block lasts.

    Raises:
        NoServer: says what to install.
    """
    programs = _programs()
    # Not below pytest's own folder, which only its owner may enter: root may not run a server.
    folder = Path(tempfile.mkdtemp(prefix="penstock-postgres-"))
    try:
        data, password = folder / "data", folder / "password"
        password.write_text(PASSWORD)
        _give(folder, password)
        _run(
            programs / "initdb",
            *("-D", str(data), "-U", SUPERUSER, "--pwfile", str(password)),
            *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync"),
        )
        ca = _certify(data)
        server = Server(programs, data, _free_port(), ca)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    named = os.environ.get(FOLDER)
    on_path = shutil.which("initdb")
    debian = sorted(_DEBIAN.glob("*/bin"), key=lambda one: int(one.parent.name), reverse=True)
    # Resolved: a program finds its other files from where it really is.
    found = [Path(named)] if named else [Path(on_path).resolve().parent] if on_path else debian
    needed = ("initdb", "pg_ctl", "postgres")
    if found and all((found[0] / name).exists() for name in needed):
        return found[0]
    raise NoServer(
        "PostgreSQL's initdb, pg_ctl and postgres are missing: install a server (Debian's package"
        f" postgresql), or name the folder they are in: {FOLDER}"
    )


def _run(program: Path, *arguments: str) -> None:
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own programs
        [str(program), *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        **_somebody(),
    )
    if done.returncode:
        raise RuntimeError(f"{program.name}: {done.stderr or done.stdout}")


def _somebody() -> Mapping[str, Any]:
    """Whom the server runs as: it refuses to run as root."""
    who = _unprivileged()
    return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []} if who else {}


def _unprivileged() -> pwd.struct_passwd | None:
    if os.geteuid():
        return None
    names = {one.pw_name for one in pwd.getpwall()}
    return pwd.getpwnam("postgres" if "postgres" in names else "nobody")


def _give(*paths: Path) -> None:
    """Let whom the server runs as own them."""
    if who := _unprivileged():
        for path in paths:
            os.chown(path, who.pw_uid, who.pw_gid)


def _options(data: Path, port: int) -> str:
    given = (*_SETTINGS, f"port={port}", f"unix_socket_directories={data.parent}")
    return " ".join(f"-c {one}" for one in given)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def _certify(data: Path) -> str:
    """Write the server's key and certificate; returns the CA's."""
    authority, key = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    ca = _certificate("A CA of tests", authority.public_key(), "A CA of tests", authority)
    own = _certificate("localhost", key.public_key(), "A CA of tests", authority)
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for name, content in (("server.crt", own.public_bytes(pem)), ("server.key", secret)):
        path = data / name
        path.write_bytes(content)
        path.chmod(0o600)
        _give(path)
    return ca.public_bytes(pem).decode()


def _certificate(
    name: str, key: ec.EllipticCurvePublicKey, issuer: str, signing: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    now = datetime.now(UTC)
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signed = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)])
    built = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(signed)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=name == issuer, path_length=None), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), False
        )
    )
    if name != issuer:
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        built = built.add_extension(names, False)
    else:
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=True,
            crl_sign=True,
            **dict.fromkeys(
                (
                    "content_commitment",
                    "key_encipherment",
                    "data_encipherment",
                    "key_agreement",
                    "encipher_only",
                    "decipher_only",
                ),
                False,
            ),
        )
        built = built.add_extension(usage, True)
    return built.sign(signing, hashes.SHA256())
