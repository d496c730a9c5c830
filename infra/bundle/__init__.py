"""The zips the functions run from: only what they need, the same bytes from the same sources."""

from infra.bundle.build import build
from infra.bundle.stamp import Stamp, read, record, sources
from infra.bundle.target import BundleError, Target

__all__ = ["BundleError", "Stamp", "Target", "build", "read", "record", "sources"]
