"""What a failure means for an event, and that nothing secret is said of it; needs no server."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from penstock.api import Attempt, Refused, RetryAfter
from penstock.testing.builders import event
from penstock.testing.context import FixedSecrets, NoSecrets, context
from penstock_postgres import build
from penstock_postgres.settings import PostgresSettings
from penstock_postgres.verdicts import judge, stale

FIRST = Attempt(1)
PASSWORD = "hunter2"  # noqa: S105 - no server has it
QUOTED = "Key (id)=(ada@example.com) is wrong"


def answered(state: str) -> asyncpg.PostgresError:
    """The driver's error for what a server said, which quotes a value."""
    error = asyncpg.PostgresError.new({"C": state, "M": QUOTED, "D": QUOTED})
    assert isinstance(error, asyncpg.PostgresError)
    return error


@pytest.mark.parametrize("state", ["08006", "57P01", "57014", "53300", "40P01", "55P03", "25006"])
def test_what_passes_by_itself_is_waited_for(state: str):
    assert RetryAfter(f"PostgreSQL answered {state}") == judge(answered(state))


@pytest.mark.parametrize(
    ("state", "remedy"),
    [
        ("28P01", "the role may not log in"),
        ("28000", "the role may not log in"),
        ("3D000", "no such database"),
        ("42501", "the role lacks a right: docs/postgres.md lists what to grant"),
        ("42P01", "a table is missing"),
        ("42703", "a column is missing"),
    ],
)
def test_what_people_mend_says_how_and_waits(state: str, remedy: str):
    answer = judge(answered(state))

    assert isinstance(answer, RetryAfter)
    assert 300 == answer.seconds
    assert remedy in answer.because


@pytest.mark.parametrize("state", ["22003", "22P05", "23502", "23514", "54000"])
def test_what_never_fits_is_refused(state: str):
    answer = judge(answered(state))

    assert Refused(f"PostgreSQL answered {state}: the event does not fit the tables") == answer


@pytest.mark.parametrize("state", ["08006", "42501", "23502", "XX000", "0A000"])
def test_no_answer_repeats_the_servers_words(state: str):
    assert "ada@" not in repr(judge(answered(state)))


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (answered("57P01"), True),
        (answered("08006"), True),
        (answered("25006"), True),
        (answered("42P01"), True),
        (asyncpg.InterfaceError("connection is closed"), True),
        (asyncpg.InternalClientError("another operation (2) is in progress"), True),
        (asyncpg.DataError("value out of int64 range"), False),
        (ConnectionResetError(), True),
        (answered("57014"), False),
        (answered("42501"), False),
        (TimeoutError(), False),
    ],
)
def test_only_what_was_kept_too_long_is_tried_again_at_once(failure: Exception, expected: bool):
    assert expected is stale(failure)


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[int]:
    """Something on a port of this machine that is no PostgreSQL."""
    under_way: list[asyncio.Task[None]] = []

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()
            await writer.wait_closed()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        under_way.append(asyncio.create_task(one(reader, writer)))

    server = await asyncio.start_server(begin, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
    await asyncio.gather(*under_way)


async def refuses_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What a server without TLS says, or somebody between who strips it; keeps what follows."""
    await reader.read(8)
    writer.write(b"N")
    rest = await reader.read()
    assert b"" == rest, "the sink went on in plain text"


async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def deliver(port: int, secrets: Any = None, **given: Any) -> RetryAfter:
    settings = {"host": "127.0.0.1", "database": "books", "user": "writer", "port": port, **given}
    known = secrets or FixedSecrets({"password": PASSWORD})
    sink = build(context(PostgresSettings(**settings), secrets=known))
    answer = await sink.deliver(event(), FIRST)
    assert isinstance(answer, RetryAfter)
    assert PASSWORD not in repr((answer, sink))
    return answer


async def test_a_server_without_tls_gets_no_password():
    async with listening(refuses_tls) as port:
        assert "PostgreSQL could not be reached" == (await deliver(port)).because


async def test_a_server_that_is_away_is_waited_for():
    async with listening(says_nothing) as port:
        pass

    assert RetryAfter("PostgreSQL could not be reached") == await deliver(port, tls="none")


async def test_a_secret_that_cannot_be_read_is_waited_for():
    because = "no value has been written yet"

    assert RetryAfter(because) == await deliver(1, NoSecrets(because))


async def test_a_secret_without_a_password_says_so():
    answer = await deliver(1, FixedSecrets({"password": ""}))

    assert RetryAfter("its secret holds no password", 300) == answer


async def test_a_ca_file_that_is_not_there_says_so():
    answer = await deliver(1, ca_file="no-such-file.pem")

    assert RetryAfter("ca or ca_file cannot be read as certificates in PEM", 300) == answer


def test_a_certificate_that_does_not_verify_is_for_people():
    answer = judge(ssl.SSLCertVerificationError(1, QUOTED))

    assert isinstance(answer, RetryAfter)
    assert 300 == answer.seconds
    assert "ca_file" in answer.because
    assert "ada@" not in answer.because


def test_only_a_host_that_uses_the_sink_imports_its_driver():
    program = (
        "import sys; from penstock.plugins import load;"
        "load(['penstock_postgres']).sink('postgres');"
        "print([name for name in ('asyncpg', 'ssl') if name in sys.modules])"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert "[]" == done.stdout.strip()
