"""The memory adapters sit the conformance of every port, on a clock that leaps over waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from penstock.adapters.memory import (
    MemoryAnswers,
    MemoryAttempts,
    MemoryAudit,
    MemoryDeadLetters,
    MemoryLedger,
    MemoryQueue,
    MemoryRestrictions,
    MemorySecrets,
    MemoryTokens,
    MemoryTopic,
    MemoryWatermarks,
)
from penstock.testing.clock import FrozenClock, LeapingClock
from penstock.testing.ports import (
    AnswersConformance,
    AttemptsConformance,
    AuditConformance,
    DeadLettersConformance,
    Fanout,
    InboxConformance,
    LedgerConformance,
    LedgerEventsConformance,
    LedgerListingsConformance,
    OpenQueue,
    ParkingConformance,
    Queue,
    RestrictionsConformance,
    SecretsConformance,
    TokensConformance,
    TopicConformance,
    WatermarksConformance,
)


@pytest.fixture
def open_queue() -> OpenQueue:
    async def open_one(visibility: int) -> Queue:
        clock = LeapingClock()
        dead = MemoryQueue(clock)
        queue = MemoryQueue(clock, visibility=timedelta(seconds=visibility), dead_letters=dead)
        return Queue(queue, queue, MemoryDeadLetters(dead, queue))

    return open_one


class TestMemoryInbox(InboxConformance):
    @pytest.fixture
    def open_queue(self, open_queue):
        return open_queue


class TestMemoryParking(ParkingConformance):
    @pytest.fixture
    def open_queue(self, open_queue):
        return open_queue


class TestMemoryDeadLetters(DeadLettersConformance):
    @pytest.fixture
    def open_queue(self, open_queue):
        return open_queue


class TestMemoryTopic(TopicConformance):
    @pytest.fixture
    async def fanout(self):
        clock = LeapingClock()
        topic, everything, wanted = MemoryTopic(clock), MemoryQueue(clock), MemoryQueue(clock)
        topic.subscribe(everything)
        topic.subscribe(wanted, {"wanted"})
        return Fanout(topic, everything, wanted)


class TestMemoryLedger(LedgerConformance):
    @pytest.fixture
    def ledger(self):
        return MemoryLedger()


class TestMemoryLedgerEvents(LedgerEventsConformance):
    @pytest.fixture
    def ledger(self):
        return MemoryLedger()


class TestMemoryLedgerListings(LedgerListingsConformance):
    @pytest.fixture
    def ledger(self):
        return MemoryLedger()


class TestMemoryAnswers(AnswersConformance):
    @pytest.fixture
    def answers(self):
        return MemoryAnswers()


class TestMemoryAttempts(AttemptsConformance):
    @pytest.fixture
    def attempts(self):
        return MemoryAttempts()


class TestMemoryTokens(TokensConformance):
    @pytest.fixture
    def tokens(self):
        return MemoryTokens()


class TestMemoryWatermarks(WatermarksConformance):
    @pytest.fixture
    def watermarks(self):
        return MemoryWatermarks()


class MemoryVault:
    def __init__(self) -> None:
        self.clock = FrozenClock()
        self.secrets = MemorySecrets(self.clock, {"key": "one"})

    @property
    def reads(self) -> int:
        return self.secrets.reads

    async def write(self, fields: Mapping[str, str]) -> None:
        self.secrets.rotate(fields)


class TestMemorySecrets(SecretsConformance):
    @pytest.fixture
    def vault(self):
        return MemoryVault()


class TestMemoryAudit(AuditConformance):
    @pytest.fixture
    def audit(self):
        return MemoryAudit()


class TestMemoryRestrictions(RestrictionsConformance):
    @pytest.fixture
    def restrictions(self):
        return MemoryRestrictions()
