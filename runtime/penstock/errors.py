"""
Everything Penstock raises on purpose:

* PenstockError
  x PermanentError            - park it: a retry cannot help
    + MalformedDelivery       - a signed body that cannot be read
    + MalformedMessage        - a queue message that is not what its contract says
    + UnknownGateway          - a message or delivery for a gateway that is not installed
    + UnknownPayment          - a message about a payment the ledger has never held
      - UnknownOperation      - its payment or subscription is there, the operation is not
    + Unconfirmable           - the gateway's API says nothing of it that we could act on
    + MissingCapability       - the gateway cannot do what was asked of it
    + PaymentConflict         - an id that exists with another order
    + EntityTooLarge          - a state above the size that the ledger keeps
    + ChargeRefused           - the gateway would not take the request as it stands
    + ChargeCritical          - the gateway failed while it held the money
    + RefundUnknown           - whether a refund happened can no longer be looked up
    + InvoiceRefused          - the gateway will never make, send or record the invoice
    + SinkRefused             - the sink will never take this event
  x TransientError            - leave it on the queue, come back after a while
    + GatewayUnavailable      - the gateway did not answer, or said "later"
      - NotShownYet           - it answered, and does not show yet what was asked of it
    + LedgerConflict          - another worker wrote the entity first
    + LedgerUnavailable       - the ledger gave no answer; a write may have happened: read again
    + OperationInFlight       - another worker holds the operation's lease
    + ChannelUnavailable      - a queue or topic did not take a message
    + SinkUnavailable         - the sink said "later", or nothing
      - SinkScheduled         - and the sink's own schedule says when it is tried again
    + OutOfTime               - the function has too little time left to begin
  x ProblemError              - answer with a problem of `problems.py`
    + DoorRefusal             - the request cannot be one of the gateway's
    + RequestRefused          - the request does not fit the contract, or must not be done
  x QueryRefused              - a listing that cannot be made as asked; names the parameter
  x CommandRefused            - an operator's command that must not be done; says why
    + OptionRefused           - one of its options is wrong; names it and the remedy
  x SettingsError             - refuse to start: names the setting and the remedy
  x PluginError               - refuse to start: names the plugin and the remedy

The branch answers "may I retry?". No error carries a body, a header value or a secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from penstock.problems import Kind


class PenstockError(Exception):
    """Everything Penstock raises on purpose."""


class PermanentError(PenstockError):
    """A retry cannot help: the message is parked with this reason."""


class MalformedDelivery(PermanentError):
    """A delivery whose signature held but whose body cannot be read."""


class MalformedMessage(PermanentError):
    """A queue message that is not what its contract says."""


class UnknownGateway(PermanentError):
    """A message or delivery for a gateway that is not installed."""


class UnknownPayment(PermanentError):
    """A message about a payment the ledger has never held."""


class UnknownOperation(UnknownPayment):
    """A payment or subscription that has no operation of that id."""


class Unconfirmable(PermanentError):
    """
    The answer of the gateway's API cannot be used, and a retry cannot help.

    Such as an unknown status, a refused question, a refund without its payment. It is parked with
    the reason, so that people see it and redrive it once the answer can be used.
    """


class MissingCapability(PermanentError):
    """The gateway cannot do what was asked of it."""


class PaymentConflict(PermanentError):
    """A payment id that already exists with another order."""


class EntityTooLarge(PermanentError):
    """An entity's state is above 200 KB; nothing of the change was written."""


class ChargeRefused(PermanentError):
    """The gateway would not take the charge request as it stands; no money moved."""


class ChargeCritical(PermanentError):
    """The gateway failed while it held the charge; whether money moved is unknown."""


class RefundUnknown(PermanentError):
    """A refund's answer was lost, and the gateway has forgotten the request by now."""


class InvoiceRefused(PermanentError):
    """The gateway will never make, send or record the invoice as it stands."""


class SinkRefused(PermanentError):
    """The sink will never take this event."""


class TransientError(PenstockError):
    """
    Come back after a while.

    Args:
        message: what happened, without payloads.
        retry_after: seconds to wait if the other side named them; None leaves it to the backoff.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class GatewayUnavailable(TransientError):
    """The gateway did not answer, or said "later"."""


class NotShownYet(GatewayUnavailable):
    """The gateway answered, and does not show yet what was asked of it."""


class LedgerConflict(TransientError):
    """Another worker wrote the entity first: read again and decide again."""


class LedgerUnavailable(TransientError):
    """The ledger gave no answer; a write may have happened: read again."""


class OperationInFlight(TransientError):
    """Another worker holds the operation's lease."""


class ChannelUnavailable(TransientError):
    """A queue or topic did not take a message."""


class SinkUnavailable(TransientError):
    """The sink said "later", or nothing at all."""


class SinkScheduled(SinkUnavailable):
    """
    The sink took nothing, and its own schedule says when it is tried again.

    Attributes:
        wait: seconds until then, which no backoff and no cap changes.
    """

    def __init__(self, message: str, wait: float) -> None:
        super().__init__(message)
        self.wait = wait


class OutOfTime(TransientError):
    """The function has too little time left to begin this item."""


class ProblemError(PenstockError):
    """A request that is answered with a problem; see its two kinds."""

    kind: Kind

    @property
    def status(self) -> int:
        """The HTTP status to answer with."""
        return self.kind.status

    @property
    def title(self) -> str:
        """The kind of problem in words."""
        return self.kind.title


class DoorRefusal(ProblemError):
    """
    A request that cannot be one of the gateway's, refused before anything is queued.

    Attributes:
        kind: what kind of problem it is.
        detail: what was wrong and what would be right, without the offending value.
    """

    def __init__(self, kind: Kind, detail: str) -> None:
        super().__init__(f"{kind.status} {kind.title}: {detail}")
        self.kind = kind
        self.detail = detail


class RequestRefused(ProblemError):
    """
    A request that does not fit the contract, or must not be done.

    Attributes:
        kind: what kind of problem it is.
        detail: what would be right, without the value that was sent.
        fields: where it is wrong ("body.order.amount"), and how.
        headers: headers of the answer.
    """

    def __init__(
        self,
        kind: Kind,
        detail: str = "",
        *,
        fields: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{kind.status} {kind.title}")
        self.kind = kind
        self.detail = detail
        self.fields = tuple(fields)
        self.headers = dict(headers or {})

    def renamed(self, names: Mapping[str, str]) -> RequestRefused:
        """The same, with fields called as the caller calls them; `names` has theirs by ours."""
        fields = [(names.get(field, field), detail) for field, detail in self.fields]
        return RequestRefused(self.kind, self.detail, fields=fields, headers=self.headers)


class QueryRefused(PenstockError):
    """
    A listing that cannot be made as it was asked for.

    Attributes:
        field: the parameter that is wrong: "since".
        detail: what is wrong with it and what would be right, without the value.
    """

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field} {detail}")
        self.field = field
        self.detail = detail


class CommandRefused(PenstockError):
    """An operator's command that must not be done; the message says why and what to do."""


class OptionRefused(CommandRefused):
    """
    An operator's command of which one option is wrong.

    Attributes:
        option: as the command line has it: "--gateway-id".
        detail: what would be right, without the value.
    """

    def __init__(self, option: str, detail: str) -> None:
        super().__init__(f"{option} {detail}")
        self.option = option
        self.detail = detail


class SettingsError(PenstockError):
    """A setting is missing or wrong; the message names it and the remedy."""


class PluginError(PenstockError):
    """A plugin is missing, misspelt, double or misconfigured; the message names it."""
