"""Pulumi's engine: the one that is installed, or built from its published Go modules, once."""

from infra.engine.build import EngineError, build, find

__all__ = ["EngineError", "build", "find"]
