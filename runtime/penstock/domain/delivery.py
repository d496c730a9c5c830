"""One HTTP request a gateway sent us, and the notification in it once its signature held."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from penstock.domain.lifecycle import Lifecycle
from penstock.domain.ref import EntityKind, Ref
from penstock.errors import MalformedMessage


@dataclass(frozen=True, slots=True)
class Delivery:
    """
    One HTTP request a gateway sent us, exactly as it arrived. Trust nothing in it.

    Header names are lower-case. The id is the hash of the signature headers and the body, so a
    byte-identical repeat has the same id and anything else has another.
    """

    id: str
    gateway: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    received_at: datetime

    @classmethod
    def of(
        cls, gateway: str, headers: Mapping[str, str], body: bytes, received_at: datetime
    ) -> Delivery:
        """A delivery with an id derived from its content; `headers` are the door's only."""
        parts: list[bytes] = []
        for text in (gateway, *[f"{name}:{headers[name]}" for name in sorted(headers)]):
            part = text.encode()
            parts += (len(part).to_bytes(4, "big"), part)
        parts.append(body)
        identity = hashlib.sha256(b"".join(parts)).hexdigest()
        return cls(identity, gateway, headers, body, received_at)

    def dumps(self) -> str:
        """The delivery as a queue message: JSON with the body in base64, byte for byte."""
        return json.dumps(
            {
                "id": self.id,
                "gateway": self.gateway,
                "headers": dict(self.headers),
                "body": base64.b64encode(self.body).decode("ascii"),
                "received_at": self.received_at.isoformat(),
            },
            separators=(",", ":"),
        )

    @classmethod
    def loads(cls, text: str) -> Delivery:
        """
        Read what `dumps` wrote.

        Raises:
            MalformedMessage: not such a message.
        """
        try:
            raw = json.loads(text)
            return cls(
                str(raw["id"]),
                str(raw["gateway"]),
                {str(k): str(v) for k, v in raw["headers"].items()},
                base64.b64decode(raw["body"], validate=True),
                datetime.fromisoformat(raw["received_at"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as exc:
            raise MalformedMessage("not a delivery as receive writes it") from exc


class Evidence(StrEnum):
    """How we know of a notification."""

    signed = "signed"
    """The gateway sent it and its signature held."""
    fetched = "fetched"
    """We asked the gateway's API ourselves."""


@dataclass(frozen=True, slots=True)
class Notification:
    """
    A delivery whose signature held, parsed, still in the gateway's words.

    Attributes:
        id: theirs: what they told us (PayPal's `WH-…`).
        entity: our id of the entity it concerns; None if it concerns none that is kept.
        kind: the kind of that entity: payment (also for its invoice), subscription or dispute.
        says: what happened to a subscription, and `status_at` since when it has its status.
        resource_type: the gateway's word for the resource, and `resource_id` its id.
        summary: the gateway's sentence for people.
        transmission: the gateway's id of one sending; `digest` is the SHA-256 of its body. One
            transmission with two digests is an attack. Both are empty for a notification
            that we fetched.
    """

    id: str
    gateway: str
    type: str
    entity: str | None
    resource: Mapping[str, Any] = field(repr=False)
    occurred_at: datetime
    evidence: Evidence
    delivery_id: str
    transmission: str
    digest: str
    kind: EntityKind = EntityKind.payment
    resource_type: str | None = None
    resource_id: str | None = None
    summary: str | None = field(default=None, repr=False)
    says: Lifecycle | None = None
    status_at: datetime | None = None

    @classmethod
    def fetched(
        cls,
        gateway: str,
        identity: str,
        type: str,
        resource: Mapping[str, Any],
        occurred_at: datetime,
        subject: Ref | None = None,
        *,
        resource_type: str | None = None,
        resource_id: str | None = None,
        summary: str | None = None,
        says: Lifecycle | None = None,
        status_at: datetime | None = None,
    ) -> Notification:
        """A notification that the gateway's API showed us when we asked; it was not sent."""
        named = hashlib.sha256(f"fetched/{gateway}/{identity}".encode()).hexdigest()
        return cls(
            id=identity,
            gateway=gateway,
            type=type,
            entity=subject.id if subject else None,
            kind=subject.kind if subject else EntityKind.payment,
            resource=resource,
            occurred_at=occurred_at,
            evidence=Evidence.fetched,
            delivery_id=named,
            transmission="",
            digest="",
            resource_type=resource_type,
            resource_id=resource_id,
            summary=summary,
            says=says,
            status_at=status_at,
        )

    @property
    def subject(self) -> Ref | None:
        """The entity that it concerns."""
        return Ref(self.kind, self.entity) if self.entity else None

    @property
    def group(self) -> str:
        """The message group on the verified queue: the entity, so a failure blocks no other."""
        return self.entity or self.delivery_id

    def dumps(self) -> str:
        """The notification as a queue message."""
        return json.dumps(
            {
                "id": self.id,
                "gateway": self.gateway,
                "type": self.type,
                "entity": self._named(),
                "resource_type": self.resource_type,
                "resource_id": self.resource_id,
                "summary": self.summary,
                "resource": self.resource,
                "occurred_at": self.occurred_at.isoformat(),
                "evidence": self.evidence.value,
                "delivery_id": self.delivery_id,
                "transmission": self.transmission,
                "digest": self.digest,
                "says": self.says.value if self.says else None,
                "status_at": self.status_at.isoformat() if self.status_at else None,
            },
            separators=(",", ":"),
        )

    def _named(self) -> str | None:
        # A payment has its id alone: older code, which knew no other kinds, reads it.
        if self.subject is None or self.kind is EntityKind.payment:
            return self.entity
        return str(self.subject)

    @classmethod
    def loads(cls, text: str) -> Notification:
        """
        Read what `dumps` wrote.

        Raises:
            MalformedMessage: not such a message.
        """
        try:
            raw = json.loads(text)
            subject = _subject(_optional(raw["entity"]))
            return cls(
                id=str(raw["id"]),
                gateway=str(raw["gateway"]),
                type=str(raw["type"]),
                entity=subject.id if subject else None,
                kind=subject.kind if subject else EntityKind.payment,
                resource_type=_optional(raw.get("resource_type")),
                resource_id=_optional(raw.get("resource_id")),
                summary=_optional(raw.get("summary")),
                resource=dict(raw["resource"]),
                occurred_at=datetime.fromisoformat(raw["occurred_at"]),
                evidence=Evidence(raw["evidence"]),
                delivery_id=str(raw["delivery_id"]),
                transmission=str(raw["transmission"]),
                digest=str(raw["digest"]),
                says=Lifecycle(raw["says"]) if raw.get("says") else None,
                status_at=datetime.fromisoformat(raw["status_at"])
                if raw.get("status_at")
                else None,
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
            raise MalformedMessage("not a notification as verify writes it") from exc


def _optional(value: object) -> str | None:
    return None if value is None else str(value)


def _subject(named: str | None) -> Ref | None:
    if named is None:
        return None
    return Ref.parse(named) if "#" in named else Ref(EntityKind.payment, named)
