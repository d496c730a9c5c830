"""A worker's cold start is its imports, so what none of them needs is not imported."""

from __future__ import annotations

import json
import subprocess
import sys

_NEEDLESS = (
    "boto3",
    "s3transfer",
    "penstock.contracts",
    "penstock.pipeline.manage",
    "penstock.pipeline.open_checkout",
    "penstock.pipeline.plans",
    "penstock.pipeline.returning",
    "penstock.pipeline.subscribe",
)
_PROGRAM = """
import json, sys
import penstock.entrypoints.functions.workers
print(json.dumps([name for name in json.loads(sys.argv[1]) if name in sys.modules]))
"""


def test_workers_import_neither_boto3_nor_the_merchants_stages():
    done = subprocess.run(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-c", _PROGRAM, json.dumps(_NEEDLESS)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert [] == json.loads(done.stdout)
