"""An SQS that answers what it is told to."""

from __future__ import annotations

from penstock.ports import Message

MESSAGE = Message("id-1", "body", "g", "receipt-1")
