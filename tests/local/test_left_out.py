"""What a run with marks leaves out has no test that it would choose."""

from __future__ import annotations

import pytest

from tests.depth import DEEP
from tests.left_out import left_out

QUICK = "not slow and not browser and not postgres"
SLOW = "slow and not soak and not mutants"
ONE_SLOW = "@pytest.mark.slow\ndef test_a() -> None: ...\n\n\ndef test_b() -> None: ...\n"
ALL_SLOW = "pytestmark = [\n    pytest.mark.emulator,\n    pytest.mark.slow,\n]\n"
SOAK = "pytestmark = [pytest.mark.slow, pytest.mark.soak, pytest.mark.timeout(SECONDS + 300)]\n"
ONE_LONG = "from tests.depth import LONG\n\n\n@LONG\ndef test_a() -> None: ...\n"
ALL_LONG = "from tests.depth import LONG\n\npytestmark = LONG\n"
NO_MARK = "def test_a() -> None: ...\n"
BROWSER = "pytestmark = pytest.mark.browser\n"


@pytest.mark.parametrize(
    ("text", "quick", "slow"),
    [
        (NO_MARK, False, True),
        (ONE_SLOW, False, False),
        (f"pytestmark = pytest.mark.emulator\n\n\n{ONE_SLOW}", False, False),
        (ALL_SLOW, True, False),
        (SOAK, True, True),
        (ONE_LONG, False, DEEP),
        (ALL_LONG, not DEEP, DEEP),
        (BROWSER, True, True),
    ],
    ids=[
        "no mark",
        "one",
        "another of all",
        "all",
        "soak",
        "one that is long",
        "all are long",
        "browser",
    ],
)
def test_a_file_is_left_out_where_none_of_its_tests_has_the_marks(
    text: str, quick: bool, slow: bool
) -> None:
    assert (quick, slow) == (left_out(text, QUICK), left_out(text, SLOW))


@pytest.mark.parametrize("wanted", ["", "slow or browser", "not (slow or browser)"])
def test_nothing_is_left_out_where_no_marks_or_more_is_asked_for(wanted: str) -> None:
    assert not any(left_out(text, wanted) for text in (NO_MARK, ALL_SLOW, BROWSER))
