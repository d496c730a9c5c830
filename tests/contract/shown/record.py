"""`python -m tests.contract.shown.record`: the answers of the contract's examples, anew."""

from __future__ import annotations

import asyncio
import json

from tests.contract.shown.documents import EXAMPLES, named, operations
from tests.contract.shown.house import visiting
from tests.contract.shown.scenes import SCENES, run


async def record() -> None:
    """Play each scene that has a documented answer, and write down what it is answered."""
    described = operations()
    for scene in SCENES:
        if not scene.answer or scene.status >= 400:
            continue
        async with visiting("functions") as visit:
            told = await run(scene, visit)
        if scene.status != told.status:
            raise SystemExit(f"{scene.name}: answered {told.status}: {told.body.decode()}")
        name = named(described[scene.operation]["responses"][str(scene.status)])[scene.answer]
        text = json.dumps(told.json, indent=2, ensure_ascii=False)
        (EXAMPLES / f"{name}.json").write_text(f"{text}\n", "utf-8")


if __name__ == "__main__":
    asyncio.run(record())
