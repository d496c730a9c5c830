"""Pulumi's engine: the one that is installed, or built from its published Go modules, once."""

from infra.engine.build import build, find
from infra.engine.modules import EngineError

__all__ = ["EngineError", "build", "find"]
