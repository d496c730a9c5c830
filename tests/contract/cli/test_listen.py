"""`penstock listen` and `penstock subscriptions import`, wrongly called."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.cli.commands import penstock, write


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["listen"], 4, "the stack has no gateway paypal; it has example"),
        (["listen", "--every", "0"], 2, "--every"),
        (["listen", "--back", "61"], 2, "--back"),
        (["subscriptions", "import"], 5, "the stack has no gateway paypal; it has example"),
        (["subscriptions", "import", "--gateway", "example"], 5, "give --file"),
        (["subscriptions", "import", "--file", "gone.txt"], 2, "gone.txt"),
    ],
)
def test_a_call_that_cannot_be_done_says_why(
    folder: Path, arguments: list[str], code: int, says: str
):
    write(folder)

    told = penstock(*arguments)

    assert code == told.exit_code, told.stderr
    assert says in told.stderr


@pytest.mark.parametrize("content", [b"\xff\xfeI\x00", b"I-1\n\xe9"])
def test_a_file_that_is_no_text_in_utf_8_is_wrong_usage(folder: Path, content: bytes):
    write(folder)
    (folder / "ids.txt").write_bytes(content)

    told = penstock("subscriptions", "import", "--gateway", "example", "--file", "ids.txt")

    assert (2, "penstock: --file: ids.txt must be text in UTF-8\n") == (
        told.exit_code,
        told.stderr,
    )


def test_an_empty_file_imports_nothing(folder: Path):
    write(folder)
    (folder / "ids.txt").write_text("\ufeff# none yet, and saved on Windows\r\n")

    told = penstock("subscriptions", "import", "--gateway", "example", "--file", "ids.txt")

    assert (0, "no subscriptions\n") == (told.exit_code, told.stdout)
