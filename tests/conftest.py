"""What tests of every kind may ask for."""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from local.emulator import PYTHON, Emulator
from penstock.testing.simulator import watching
from tests.contract.providers.recorder import Recorder
from tests.depth import examples
from tests.leaving import changed, state
from tests.left_out import left_out
from tests.node_ids import name_operation, repeated
from tests.order import begins

# Conformance lives outside tests/; its asserts say as much as those in it.
pytest.register_assert_rewrite("penstock.testing.conformance", "penstock.testing.ports")


# How long an example takes says more of the machine than of the code.
settings.register_profile(
    "patient",
    max_examples=examples(100),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("patient")


_RECORDER = Recorder()


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop() -> Generator[None, object, object]:
    """Whatever plugins and simulators say to each other keeps to contracts/providers."""
    with watching(_RECORDER.watch):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """A test in which one of them did not fails."""
    result = yield
    found = _RECORDER.found(odd_answers=item.get_closest_marker("odd_answers") is not None)
    if found:
        pytest.fail("\n".join(found), pytrace=False)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Tests and what they import stay until the end: nothing looks through them for garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Nothing is imported for marks that none of its tests has."""
    if not collection_path.name.startswith("test_") or collection_path.suffix != ".py":
        return None
    return left_out(collection_path.read_text("utf-8"), config.option.markexpr) or None


def pytest_itemcollected(item: pytest.Item) -> None:
    """Before anything is chosen by its id."""
    name_operation(item)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each worker of xdist takes the next file of this order, and runs one test for each id."""
    items.sort(key=begins)
    if twice := repeated(items):
        raise pytest.UsageError(f"several tests have one id: {', '.join(twice)}")


@pytest.fixture(autouse=True)
def _leaves_all_as_it_was() -> Iterator[None]:
    """A test that changes the process for those after it fails; a fixture of a wider scope may."""
    before = state()
    yield
    left = changed(before, state())
    assert [] == left, f"left changed for the tests after it: {', '.join(left)}"


@pytest.fixture
def recorder() -> Recorder:
    """What holds plugins and simulators to contracts/providers; findings taken are forgiven."""
    return _RECORDER


@pytest.fixture(scope="session")
def _one_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    if not PYTHON.exists():
        pytest.fail("the emulator is not installed: run `make setup`", pytrace=False)
    with Emulator.start(tmp_path_factory.mktemp("emulator"), auth=False) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def emulator(_one_emulator: Emulator) -> Emulator:
    """One emulator for the whole run, empty at the start of each module; mark its users."""
    _one_emulator.reset()
    return _one_emulator
