"""
A function's sandbox: an event in, the platform at work, an answer out.

One event loop a sandbox, made at its first invocation and kept: connections outlive a batch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from penstock import observability
from penstock.adapters.aws.messages import message_from_record
from penstock.bootstrap import Platform
from penstock.pipeline import notices
from penstock.pipeline.batch import MARGIN, Batch, Status
from penstock.settings import Function

T = TypeVar("T")


class LambdaContext(Protocol):
    """What is used of the context that Lambda hands in."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is ended."""
        ...


class Host:
    """One sandbox: its loop and its platform."""

    def __init__(self, function: Function, platform: Platform) -> None:
        self._function = function
        self._platform = platform
        self._runner = asyncio.Runner()
        self._batch: Batch | None = None

    def batch(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        """
        Work through a batch; the ids of what comes back are its `batchItemFailures`.

        [aws] The answer of a mapping with ReportBatchItemFailures holds that and nothing else.
        What became of each item is in its line `stage.finished`.
        """
        return self._run(self._work(event, remaining(context)))

    def sweep(self, context: LambdaContext) -> dict[str, Any]:
        """Work through due entities while there is time; the next run does the rest."""
        return self._run(self._sweep(remaining(context)))

    def gaps(self, context: LambdaContext) -> dict[str, Any]:
        """Compare gateways' lists with the ledger while there is time."""
        return self._run(self._gaps(remaining(context)))

    def renew(self, context: LambdaContext) -> dict[str, Any]:
        """Renew old dead letters while there is time; the next run does the rest."""
        return self._run(self._renew(remaining(context)))

    def close(self) -> None:
        """End the loop; Lambda never does, tests do."""
        self._run(self._platform.world.close())
        self._runner.close()

    async def _work(self, event: Mapping[str, Any], left: Callable[[], float]) -> dict[str, Any]:
        if self._batch is None:
            self._batch = self._platform.batch(self._function)
        sink = self._platform.settings.sink
        with self._correlated(**({"sink": sink} if sink else {})):
            messages = [message_from_record(record) for record in event["Records"]]
            results = await self._batch.run(messages, left)
        return {
            "batchItemFailures": [
                {"itemIdentifier": one.id} for one in results if one.status is Status.retry
            ]
        }

    async def _sweep(self, left: Callable[[], float]) -> dict[str, Any]:
        with self._correlated():
            return await self._swept(left)

    async def _swept(self, left: Callable[[], float]) -> dict[str, Any]:
        try:
            if left() <= MARGIN:
                raise TimeoutError
            async with asyncio.timeout(left() - MARGIN):
                swept = await self._platform.sweep(remaining=left)
                if self._platform.settings.retention_days is not None:
                    await self._platform.retention(left)
        except TimeoutError:
            notices.sweep_out_of_time(None)
            return {"swept": None, "failed": None}
        except Exception as exc:
            notices.run_failed("sweep", exc)
            raise
        return {"swept": len(swept), "failed": sum(one.error is not None for one in swept)}

    async def _gaps(self, left: Callable[[], float]) -> dict[str, Any]:
        with self._correlated():
            try:
                if left() <= MARGIN:
                    raise TimeoutError
                async with asyncio.timeout(left() - MARGIN):
                    compared = await self._platform.gaps(left)
            except TimeoutError:
                notices.gaps_out_of_time()
                return {"fetched": None, "failed": None}
            except Exception as exc:
                notices.run_failed("gaps", exc)
                raise
            return {
                "fetched": sum(one.fetched for one in compared),
                "failed": sum(one.error is not None for one in compared),
            }

    async def _renew(self, left: Callable[[], float]) -> dict[str, Any]:
        with self._correlated():
            try:
                if left() <= MARGIN:
                    raise TimeoutError
                async with asyncio.timeout(left() - MARGIN / 2):
                    looked = await self._platform.renew(left)
            except TimeoutError:
                notices.renew_out_of_time()
                return {"renewed": None, "failed": None}
            except Exception as exc:
                notices.run_failed("renew", exc)
                raise
            return {
                "renewed": sum(one.renewed for one in looked),
                "failed": sum(one.error is not None for one in looked),
            }

    def _correlated(self, **fields: str) -> AbstractContextManager[None]:
        return observability.bound_contextvars(
            **observability.trace(self._platform.environ), **fields
        )

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)


def remaining(context: LambdaContext) -> Callable[[], float]:
    """Seconds until the function is ended, as the pipeline asks for them."""
    return lambda: context.get_remaining_time_in_millis() / 1000
