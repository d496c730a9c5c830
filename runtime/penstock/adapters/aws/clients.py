"""
AWS's clients: made when first needed, called in threads, with their errors mapped.

They are botocore's, as boto3's are: importing boto3 as well costs a worker 20 ms of its cold
start, for its resources and for transfers to S3.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError, SSLError
from botocore.session import get_session

from penstock.adapters.aws.threads import Threads
from penstock.api.context import AwsError
from penstock.errors import GatewayUnavailable

if TYPE_CHECKING:
    import boto3

LONGEST_POLL = 20
"""Seconds SQS lets a receive wait."""
ROOTS = Path(__file__).parents[2] / "_roots.pem"
"""Where a zip has the few roots that AWS's endpoints hang on."""


class Refusal(AwsError):
    """
    AWS answered with an error.

    Attributes:
        details: the whole answer. It may hold items and addresses: never print it.
    """

    def __init__(self, code: str, *, status: int, details: Mapping[str, Any]) -> None:
        said = str(details.get("Error", {}).get("Message", ""))
        super().__init__(code, status=status, said=said)
        self.details = details


class Clients:
    """
    One client per service, and the plugins' door to AWS (`penstock.api.Aws`).

    Long polls have threads of their own, so that they do not occupy the threads of other calls.
    botocore reads region, endpoint and credentials from its environment.

    Args:
        calls: how many ordinary calls may be under way.
        polls: how many long polls may be: one for each queue that is consumed.
        session: makes the clients instead of a session of botocore's.
        roots: a few roots to try first, if that file is there and the environment names none
            (AWS_CA_BUNDLE, REQUESTS_CA_BUNDLE): each client reads all of botocore's for its
            first connection, which takes 25 ms.
    """

    def __init__(
        self,
        calls: int = 16,
        polls: int = 8,
        session: boto3.Session | None = None,
        roots: Path | None = None,
    ) -> None:
        self._threads = {False: Threads(calls, "aws"), True: Threads(polls, "aws-poll")}
        self._make: Callable[..., Any] | None = session.client if session else None
        self._clients: dict[tuple[str, bool], Any] = {}
        self._roots = roots if roots is not None and roots.is_file() else None
        # A session makes its clients in no thread-safe way (boto3's documentation, "Session").
        self._making = threading.Lock()

    async def call(self, service: str, operation: str, **arguments: Any) -> Mapping[str, Any]:
        """
        Make one call, such as `call("sesv2", "send_email", …)`.

        Raises:
            AwsError: AWS answered with an error; it is a Refusal.
            GatewayUnavailable: AWS gave no answer.
        """
        return await self._threads[False].run(lambda: self.call_now(service, operation, arguments))

    async def poll(self, work: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Do what may wait long, `call_now` with `patient`, in a thread for such work."""
        return await self._threads[True].run(work)

    def call_now(
        self,
        service: str,
        operation: str,
        arguments: Mapping[str, Any],
        *,
        patient: bool = False,
    ) -> Mapping[str, Any]:
        """
        Make one call in this thread; a patient one waits as long as a long poll.

        Raises:
            AwsError: AWS answered with an error; it is a Refusal.
            GatewayUnavailable: AWS gave no answer.
        """
        # `from None`: AWS's own texts may repeat what was sent (SES names the recipient), and a
        # traceback prints its causes. Everything that may be told is in ours.
        try:
            return self._called(service, operation, arguments, patient)
        except ClientError as exc:
            raise refusal(exc) from None
        except ParamValidationError:
            raise Refusal("ParamValidation", status=400, details={}) from None
        except BotoCoreError as exc:
            raise GatewayUnavailable(
                f"{service} {operation}: no answer ({type(exc).__name__})"
            ) from None

    def close(self) -> None:
        """Take no more calls."""
        for threads in self._threads.values():
            threads.close()

    def _called(
        self, service: str, operation: str, arguments: Mapping[str, Any], patient: bool
    ) -> Mapping[str, Any]:
        few = self._roots is not None
        try:
            call = getattr(self._client(service, patient), operation)
            return cast("Mapping[str, Any]", call(**arguments))
        except SSLError:
            if not few:
                raise
        # The certificate hangs on another root, or on none; botocore tries again after it, too.
        self._forget_few()
        return self._called(service, operation, arguments, patient)

    def _forget_few(self) -> None:
        with self._making:
            if self._roots is not None:
                self._roots = None
                self._clients.clear()

    def _client(self, service: str, patient: bool) -> Any:
        with self._making:
            client = self._clients.get((service, patient))
            if client is None:
                self._make = self._make or self._maker()
                few = {"verify": str(self._roots)} if self._roots else {}
                client = self._make(service, config=self._config(patient), **few)
                self._clients[service, patient] = client
            return client

    def _maker(self) -> Callable[..., Any]:
        session = get_session()
        if session.get_config_variable("ca_bundle") or os.environ.get("REQUESTS_CA_BUNDLE"):
            self._roots = None
        return session.create_client

    def _config(self, patient: bool) -> Config:
        return Config(
            connect_timeout=2,
            read_timeout=5 + (LONGEST_POLL if patient else 0),
            retries={"mode": "standard", "total_max_attempts": 3},
            max_pool_connections=self._threads[patient].size,
            tcp_keepalive=True,
        )


def refusal(exc: ClientError) -> Refusal:
    """A botocore error without its text."""
    response = cast("Mapping[str, Any]", exc.response)
    code = str(response.get("Error", {}).get("Code", "Unknown"))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    return Refusal(code, status=status, details=response)
