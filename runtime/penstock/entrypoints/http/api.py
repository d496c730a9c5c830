"""
The API: answers every request, valid or not.

    find the operation ─► token, unless it is public ─► body ─► checks ─► handler
           404, 405            401, 403              413, 408   400, 415  422, 404, …

Whatever is raised on the way ends here as a problem, once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping

import structlog

from penstock import problems
from penstock.contracts import Checked, Contract, Operation, refuse_repeated
from penstock.domain.caller import Caller
from penstock.entrypoints.http.aliases import ALIASES
from penstock.entrypoints.http.handlers import Call, Handler
from penstock.entrypoints.http.message import Answer, Request, problem_answer
from penstock.entrypoints.http.pages.page import PageSettings, problem_page
from penstock.entrypoints.http.tokens import Authenticator, refuse_without
from penstock.errors import (
    DoorRefusal,
    QueryRefused,
    RequestRefused,
    SettingsError,
    TransientError,
)
from penstock.pipeline import notices

RETRY_AFTER = 5
"""Seconds that a client is asked to wait, unless an error names another time."""
WEBHOOK = "receiveWebhook"

Found = tuple[Operation, Mapping[str, str]]
"""An operation, and what its path holds."""
Read = Callable[[], Awaitable[bytes]]
"""Reads a request's body; raises RequestRefused if it is too long or does not come."""


class Api:
    """
    Serves the contract's operations.

    Args:
        functions: whose operations these are, as the contract has them.
        pages: how the refusal of a page looks to a browser.

    Raises:
        SettingsError: an operation without a handler, or a handler without an operation.
    """

    def __init__(
        self,
        contract: Contract,
        handlers: Mapping[str, Handler],
        authenticate: Authenticator,
        functions: Collection[str] = ("api",),
        pages: PageSettings | None = None,
    ) -> None:
        refuse_loose_ends(contract, handlers, functions)
        self._contract = contract
        self._handlers = handlers
        self._authenticate = authenticate
        self._pages = pages or PageSettings()

    def find(self, request: Request) -> Found:
        """
        The operation a request is for; a host asks once it has the request's head.

        Raises:
            RequestRefused: 404 or 405.
        """
        routed = self._contract.by_route(request.route)
        found = (
            (routed, request.parameters)
            if routed
            else self._contract.find(request.method, request.path)
        )
        operation, parameters = found
        if alias := ALIASES.get(operation.id):
            operation = self._contract.operations[alias.operation]
            parameters = {**parameters, **alias.parameters}
        if operation.id not in self._handlers:
            raise RequestRefused(problems.NO_SUCH_PATH, "another function serves it")
        return operation, parameters

    async def __call__(
        self, request: Request, found: Found | None = None, read: Read | None = None
    ) -> Answer:
        """
        Answer a request; never raises. What a token was shown for is logged with its id.

        Args:
            found: what `find` said, of a host that asked it; left out, it is asked here.
            read: of a host that has only the head of the request; called once the caller is
                known, so that the body of a stranger is not read. Left out, the request has it.
        """
        known: list[Caller] = []
        answered = await self._settled(request, known, found, read)
        for caller in known:
            structlog.get_logger().info(
                "api.answered",
                # The token's id, not the token.
                caller=caller.token_id,
                method=request.method,
                path=request.path,
                status=answered.status,
            )
        return answered

    async def _settled(
        self, request: Request, known: list[Caller], found: Found | None, read: Read | None
    ) -> Answer:
        try:
            return await self._answer(request, known, found, read)
        except RequestRefused as exc:
            return self.refusal(request, exc)
        except QueryRefused as exc:
            wrong = (f"query.{exc.field}", exc.detail)
            return self.refusal(request, RequestRefused(problems.BAD_REQUEST, fields=[wrong]))
        except DoorRefusal as exc:
            structlog.get_logger().warning(
                "stage.finished",
                stage="receive",
                outcome="refused",
                because=f"{exc.title}: {exc.detail}",
                ms=0,
            )
            return problem_answer(RequestRefused(exc.kind, exc.detail))
        except TransientError as exc:
            structlog.get_logger().warning("api.unavailable", because=str(exc))
            return self.refusal(request, unavailable(exc))
        except Exception as exc:
            # A bug; its message may quote the request, so the caller does not get it.
            notices.stage_failed("api", exc)
            return self.refusal(request, RequestRefused(problems.INTERNAL_ERROR))

    def refusal(self, request: Request, refused: RequestRefused) -> Answer:
        """A page for a browser that asked for one, a problem for other clients."""
        if "text/html" not in request.headers.get("accept", "").lower():
            return problem_answer(refused)
        try:
            operation, _ = self.find(request)
        except RequestRefused:
            return problem_answer(refused)
        if not operation.html:
            return problem_answer(refused)
        return problem_page(refused, self._pages, request.headers.get("accept-language", ""))

    async def _answer(
        self, request: Request, known: list[Caller], found: Found | None, read: Read | None
    ) -> Answer:
        operation, parameters = found or self.find(request)
        caller = await self._caller(operation, request, known)
        body = await read() if read else request.body
        if len(body) > operation.body_limit and operation.id != WEBHOOK:
            raise too_large(operation.body_limit)
        checked = _checked(operation, parameters, request, body)
        call = Call(checked, request.headers, body, caller)
        return await self._handlers[operation.id](call)

    async def _caller(
        self, operation: Operation, request: Request, known: list[Caller]
    ) -> Caller | None:
        if operation.scope is None:
            return None
        authorization = request.headers.get("authorization")
        refuse_repeated("Authorization", authorization)
        caller = await self._authenticate(authorization)
        known.append(caller)
        refuse_without(operation.scope, caller)
        return caller


def _checked(
    operation: Operation, parameters: Mapping[str, str], request: Request, body: bytes
) -> Checked:
    # The gateway's door checks a webhook's body and headers, byte by byte.
    if operation.id == WEBHOOK:
        return Checked(parameters, None)
    return operation.checks(
        path=parameters, query=request.query, headers=request.headers, body=body
    )


def refuse_loose_ends(
    contract: Contract, handlers: Mapping[str, Handler], functions: Collection[str]
) -> None:
    """
    Make sure that each operation has a handler and each handler an operation.

    Raises:
        SettingsError: names what has no other half.
    """
    operations = {
        ALIASES[one.id].operation if one.id in ALIASES else one.id
        for one in contract.operations.values()
        if one.function in functions
    }
    if operations - handlers.keys():
        names = ", ".join(sorted(operations - handlers.keys()))
        raise SettingsError(f"operations without a handler: {names}")
    if handlers.keys() - operations:
        names = ", ".join(sorted(handlers.keys() - operations))
        raise SettingsError(f"handlers without an operation: {names}")


def too_large(limit: int) -> RequestRefused:
    """413, for a host that stops reading."""
    return RequestRefused(problems.BODY_TOO_LARGE, f"the body may have at most {limit} bytes")


def unavailable(exc: TransientError) -> RequestRefused:
    """503: nothing was done, or it is not known to be done; the client may repeat the request."""
    wait = max(1, round(exc.retry_after or RETRY_AFTER))
    return RequestRefused(
        problems.UNAVAILABLE,
        "nothing is lost by sending the same again later",
        headers={"retry-after": str(wait)},
    )
