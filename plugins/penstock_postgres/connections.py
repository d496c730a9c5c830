"""Connections: TLS, passwords during a rotation, the tables made first, and a pool."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncpg  # pyright: ignore[reportMissingTypeStubs] - it has no types of its own

from penstock.api import Context, GatewayUnavailable, RetryAfter
from penstock_postgres.schema import MIGRATIONS, Migration, script
from penstock_postgres.settings import PostgresSettings
from penstock_postgres.verdicts import (
    FAILURES,
    MENDED_BY_HAND,
    NotConnected,
    judge,
    wrong_password,
)

_IDLE_SECONDS = 60.0
"""After that a connection is closed; proxies and firewalls forget them later."""
_MIGRATION_SECONDS = 60
_ISOLATION = "read_committed"
"""Whatever the server's default is: with an older snapshot a migration does not see the one that
it waited for, and of two deliveries at once one fails."""

# The driver has no types of its own.
_driver: Any = asyncpg


class Connections:
    """
    A pool that is made when it is first needed and keeps nothing that is broken.

    Args:
        migrations: what the tables need; those after them are a newer version's.
    """

    def __init__(
        self, context: Context[PostgresSettings], migrations: Sequence[Migration] = MIGRATIONS
    ) -> None:
        self._context = context
        self._migrations = migrations
        self._settings = context.settings
        self._making = asyncio.Lock()
        self._pool: Any = None
        self._migrated = False

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Any]:
        """
        A transaction in a database whose tables are there.

        Raises:
            NotConnected: there is no connection, or there are no tables.
        """
        pool = await self._pooled()
        async with pool.acquire() as connection, connection.transaction(isolation=_ISOLATION):
            # In the transaction, so that it also holds behind a proxy that shares sessions.
            limit = self._settings.statement_timeout_seconds
            await connection.execute(f"SET LOCAL statement_timeout = '{limit}s'")
            yield connection

    async def expire(self) -> None:
        """Use no connection again that was made before."""
        self._migrated = False
        if self._pool is not None:
            await self._pool.expire_connections()

    async def close(self) -> None:
        """Close all of them."""
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

    async def _pooled(self) -> Any:
        async with self._making:
            if self._pool is None:
                self._pool = await _driver.create_pool(
                    connect=self._connect,
                    min_size=0,
                    max_size=self._settings.connections,
                    max_inactive_connection_lifetime=_IDLE_SECONDS,
                )
            pool = self._pool
        # Not under the lock: while the server is away, no delivery waits for another's time limit.
        # Several may migrate at once, as several hosts do.
        if not self._migrated:
            async with pool.acquire() as connection:
                await self._migrate(connection)
            self._migrated = True
        return pool

    async def _connect(self, *_: Any, **given: Any) -> Any:
        """One connection, with whichever password is right during a rotation."""
        try:
            tls = await self._tls()
            known = (await self._context.secrets.get()).values("password")
            try:
                return await self._try(known, tls, given)
            except asyncpg.InvalidAuthorizationSpecificationError:
                fresh = (await self._context.secrets.refresh()).values("password")
                if fresh == known:
                    raise
                return await self._try(fresh, tls, given)
        except GatewayUnavailable as exc:
            raise NotConnected(RetryAfter(str(exc))) from None
        except FAILURES as exc:
            answer = judge(exc)
            raise NotConnected(
                answer
                if isinstance(answer, RetryAfter)
                else RetryAfter("the settings make no connection", MENDED_BY_HAND)
            ) from None

    async def _try(
        self, passwords: Sequence[str], tls: ssl.SSLContext | None, given: dict[str, Any]
    ) -> Any:
        if not passwords:
            raise NotConnected(RetryAfter("its secret holds no password", MENDED_BY_HAND))
        for number, password in enumerate(passwords, 1):
            try:
                return await self._open(password, tls, given)
            except asyncpg.PostgresError as exc:
                if not wrong_password(exc) or number == len(passwords):
                    raise
        raise AssertionError("there was a password")

    async def _open(self, password: str, tls: ssl.SSLContext | None, given: dict[str, Any]) -> Any:
        settings = self._settings
        return await _driver.connect(
            host=settings.host,
            port=settings.port,
            user=settings.user,
            password=password,
            database=settings.database,
            # False, not None: None asks the environment, which may allow plain text.
            ssl=tls or False,
            timeout=self._context.request_timeout,
            command_timeout=settings.statement_timeout_seconds + 2,
            # Nothing is prepared beyond a statement, so a proxy may share sessions.
            statement_cache_size=0,
            server_settings={"application_name": "penstock"},
            **given,
        )

    async def _tls(self) -> ssl.SSLContext | None:
        """What checks the server, read in a thread: a system has 140 roots."""
        if self._settings.tls == "none":
            return None
        try:
            return await asyncio.to_thread(_trusting, self._settings)
        except OSError:
            because = "ca or ca_file cannot be read as certificates in PEM"
            raise NotConnected(RetryAfter(because, MENDED_BY_HAND)) from None

    async def _migrate(self, connection: Any) -> None:
        """See that the tables are there; make them, if that is left to us."""
        found, needed = await self._version(connection), len(self._migrations)
        if found >= needed:
            return
        if self._settings.migrations == "manual":
            raise NotConnected(
                RetryAfter(
                    f"its tables are of version {found}, and {needed} is needed: run the script "
                    f"that `python -m penstock_postgres {self._settings.schema_name}` prints",
                    MENDED_BY_HAND,
                )
            )
        async with connection.transaction(isolation=_ISOLATION):
            await connection.execute(f"SET LOCAL statement_timeout = '{_MIGRATION_SECONDS}s'")
            await connection.execute(
                script(self._settings.schema_name, self._migrations),
                timeout=_MIGRATION_SECONDS + 2,
            )
        self._context.log.info("postgres.migrated", before=found, now=needed)

    async def _version(self, connection: Any) -> int:
        table = f'"{self._settings.schema_name}".migrations'
        if await connection.fetchval("SELECT to_regclass($1)", table) is None:
            return 0
        query = f"SELECT coalesce(max(version), 0) FROM {table}"  # noqa: S608 - a checked name
        return cast(int, await connection.fetchval(query))


def _trusting(settings: PostgresSettings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=settings.ca_file, cadata=settings.ca)
