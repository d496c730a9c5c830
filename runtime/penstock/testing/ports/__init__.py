"""
Conformance of the ports: what every adapter promises, as test classes to inherit from.

A subclass overrides the fixture that makes the adapter; its tests then come along. Each check
holds a promise the pipeline relies on, so an adapter that fails one loses or doubles something.
"""

from penstock.testing.ports.answers import AnswersConformance
from penstock.testing.ports.attempts import AttemptsConformance
from penstock.testing.ports.audit import AuditConformance
from penstock.testing.ports.dead_letters import DeadLettersConformance
from penstock.testing.ports.inbox import InboxConformance, OpenQueue, Queue
from penstock.testing.ports.ledger import LedgerConformance
from penstock.testing.ports.ledger_events import LedgerEventsConformance
from penstock.testing.ports.ledger_listings import LedgerListingsConformance
from penstock.testing.ports.parking import ParkingConformance
from penstock.testing.ports.restrictions import RestrictionsConformance
from penstock.testing.ports.secrets import SecretsConformance, Vault
from penstock.testing.ports.tokens import TokensConformance
from penstock.testing.ports.topic import Fanout, TopicConformance
from penstock.testing.ports.watermarks import WatermarksConformance

__all__ = [
    "AnswersConformance",
    "AttemptsConformance",
    "AuditConformance",
    "DeadLettersConformance",
    "Fanout",
    "InboxConformance",
    "LedgerConformance",
    "LedgerEventsConformance",
    "LedgerListingsConformance",
    "OpenQueue",
    "ParkingConformance",
    "Queue",
    "RestrictionsConformance",
    "SecretsConformance",
    "TokensConformance",
    "TopicConformance",
    "Vault",
    "WatermarksConformance",
]
