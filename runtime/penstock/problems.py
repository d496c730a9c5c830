"""
The kinds of problem that an error answer may be (RFC 9457), in one table for both hosts.

A kind's URN is what programs compare, so it never changes; its status and title never vary.
contracts/api.yaml lists them, and a test holds the two together. Standard library only, because
the receive function imports it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """
    One kind of problem.

    Attributes:
        name: the last part of its URN.
        status: the HTTP status it is answered with.
        title: the kind in words.
    """

    name: str
    status: int
    title: str

    @property
    def type(self) -> str:
        """The kind's URN, the `type` of its problems."""
        return f"urn:penstock:problem:{self.name}"


BAD_REQUEST = Kind("bad-request", 400, "The request does not keep to the contract")
BODY_REFUSED = Kind("body-refused", 400, "Body refused")
BODY_IS_NO_JSON = Kind("body-is-no-json", 400, "Body is no JSON")
HEADER_MISSING = Kind("header-missing", 400, "Header missing")
HEADER_REFUSED = Kind("header-refused", 400, "Header refused")
UNAUTHORIZED = Kind("unauthorized", 401, "A bearer token is needed")
SCOPE_MISSING = Kind("scope-missing", 403, "The token lacks the scope")
NO_SUCH_PATH = Kind("no-such-path", 404, "No such path")
NO_SUCH_PAYMENT = Kind("no-such-payment", 404, "No such payment")
NO_SUCH_RETURN = Kind("no-such-return", 404, "No such return address")
NO_SUCH_SUBSCRIPTION = Kind("no-such-subscription", 404, "No such subscription")
UNKNOWN_GATEWAY = Kind("unknown-gateway", 404, "Unknown gateway")
METHOD_NOT_ALLOWED = Kind("method-not-allowed", 405, "Method not allowed")
BODY_TOO_SLOW = Kind("body-too-slow", 408, "Body too slow")
SUBSCRIPTION_STATE = Kind("subscription-state", 409, "The subscription's status does not allow it")
NOTHING_TO_REFUND = Kind("nothing-to-refund", 409, "There is nothing to refund")
NOTHING_OUTSTANDING = Kind("nothing-outstanding", 409, "There is nothing to collect")
COMMAND_REFUSED = Kind("command-refused", 409, "The command must not be done")
BODY_TOO_LARGE = Kind("body-too-large", 413, "Body too large")
UNSUPPORTED_MEDIA_TYPE = Kind("unsupported-media-type", 415, "Unsupported media type")
KEY_REUSED = Kind("key-reused", 422, "The Idempotency-Key belongs to another request")
KEY_TOO_OLD = Kind("key-too-old", 422, "The Idempotency-Key is too old")
NO_CHARGES = Kind("no-charges", 422, "The provider takes no charges")
NO_CHECKOUT = Kind("no-checkout", 422, "The provider has no checkout")
NO_SUBSCRIPTIONS = Kind("no-subscriptions", 422, "The provider takes no subscriptions")
NO_REFUNDS = Kind("no-refunds", 422, "The provider takes no refunds")
NO_COLLECTIONS = Kind("no-collections", 422, "The provider collects nothing when told to")
REFUND_TOO_HIGH = Kind("refund-too-high", 422, "The refund is above what is left")
FIELD_REFUSED = Kind("field-refused", 422, "A field's value is refused")
PROVIDER_REFUSED = Kind("provider-refused", 422, "The provider refuses the request")
INTERNAL_ERROR = Kind("internal-error", 500, "Internal error")
UNAVAILABLE = Kind("unavailable", 503, "Not available now")

KINDS = (
    BAD_REQUEST,
    BODY_REFUSED,
    BODY_IS_NO_JSON,
    HEADER_MISSING,
    HEADER_REFUSED,
    UNAUTHORIZED,
    SCOPE_MISSING,
    NO_SUCH_PATH,
    NO_SUCH_PAYMENT,
    NO_SUCH_RETURN,
    NO_SUCH_SUBSCRIPTION,
    UNKNOWN_GATEWAY,
    METHOD_NOT_ALLOWED,
    BODY_TOO_SLOW,
    SUBSCRIPTION_STATE,
    NOTHING_TO_REFUND,
    NOTHING_OUTSTANDING,
    COMMAND_REFUSED,
    BODY_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    KEY_REUSED,
    KEY_TOO_OLD,
    NO_CHARGES,
    NO_CHECKOUT,
    NO_SUBSCRIPTIONS,
    NO_REFUNDS,
    NO_COLLECTIONS,
    REFUND_TOO_HIGH,
    FIELD_REFUSED,
    PROVIDER_REFUSED,
    INTERNAL_ERROR,
    UNAVAILABLE,
)
