"""The ports in one process's memory: tests run on them, and `serve` where nothing must last."""

from penstock.adapters.memory.answers import MemoryAnswers
from penstock.adapters.memory.attempts import MemoryAttempts
from penstock.adapters.memory.audit import MemoryAudit
from penstock.adapters.memory.dead_letters import MemoryDeadLetters
from penstock.adapters.memory.ledger import MemoryLedger
from penstock.adapters.memory.queue import MemoryQueue
from penstock.adapters.memory.restrictions import MemoryRestrictions
from penstock.adapters.memory.secrets import MemorySecrets
from penstock.adapters.memory.tokens import MemoryTokens
from penstock.adapters.memory.topic import MemoryTopic
from penstock.adapters.memory.watermarks import MemoryWatermarks

__all__ = [
    "MemoryAnswers",
    "MemoryAttempts",
    "MemoryAudit",
    "MemoryDeadLetters",
    "MemoryLedger",
    "MemoryQueue",
    "MemoryRestrictions",
    "MemorySecrets",
    "MemoryTokens",
    "MemoryTopic",
    "MemoryWatermarks",
]
