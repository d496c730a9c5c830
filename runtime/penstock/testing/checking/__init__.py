"""What `penstock plugins check` looks at: first what needs no bench, then the kit's own tests."""

from penstock.testing.checking.checked import Checked, Result
from penstock.testing.checking.find import Found, find, known
from penstock.testing.checking.kit import bench_folder, kit
from penstock.testing.checking.package import BUILDS, REGISTERS, package
from penstock.testing.checking.types import types

__all__ = [
    "BUILDS",
    "REGISTERS",
    "Checked",
    "Found",
    "Result",
    "bench_folder",
    "find",
    "kit",
    "known",
    "package",
    "types",
]
