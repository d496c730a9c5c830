"""The composition root: nothing is built before it is needed, nothing at import."""

from penstock.bootstrap.platform import Platform, packaged_profiles
from penstock.bootstrap.world import World

__all__ = ["Platform", "World", "packaged_profiles"]
