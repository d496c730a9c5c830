"""What a module needs is read from its imports, and no module is run for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.bundle.closure import closure
from infra.bundle.target import BundleError


def tree(root: Path, **sources: str) -> Path:
    for name, source in sources.items():
        path = root.joinpath(*name.split("__")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
        for folder in path.relative_to(root).parents[:-1]:
            (root / folder / "__init__.py").touch()
    return root


def needed(root: Path, module: str = "app.main") -> set[str]:
    return {
        name
        for name in closure([module], [root / "app"]).files
        if not name.endswith("__init__.py")
    }


def test_imports_are_followed_those_within_functions_too(tmp_path: Path) -> None:
    tree(tmp_path, app__main="import app.a", app__a="def f():\n  import app.b", app__b="")

    assert {"app/main.py", "app/a.py", "app/b.py"} == needed(tmp_path)


def test_what_nobody_imports_is_left_out(tmp_path: Path) -> None:
    tree(tmp_path, app__main="", app__unused="")

    assert {"app/main.py"} == needed(tmp_path)


def test_a_module_taken_from_its_package_is_found(tmp_path: Path) -> None:
    tree(tmp_path, app__main="from app.sub import a, CONSTANT", app__sub__a="")

    assert {"app/main.py", "app/sub/a.py"} == needed(tmp_path)


@pytest.mark.parametrize("source", ["from . import a", "from .a import x", "from .sub.b import x"])
def test_relative_imports_are_followed(tmp_path: Path, source: str) -> None:
    tree(tmp_path, app__main=source, app__a="", app__sub__b="from ..a import x")

    assert "app/a.py" in needed(tmp_path)


def test_packages_above_a_module_come_with_it(tmp_path: Path) -> None:
    tree(tmp_path, app__main="import app.sub.a", app__sub__a="")

    assert {"app/__init__.py", "app/sub/__init__.py"} <= set(
        closure(["app.main"], [tmp_path / "app"]).files
    )


def test_what_type_checkers_alone_need_is_left_out(tmp_path: Path) -> None:
    source = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n  import boto3, app.a"
    tree(tmp_path, app__main=source, app__a="")

    assert frozenset() == closure(["app.main"], [tmp_path / "app"]).foreign
    assert {"app/main.py"} == needed(tmp_path)


def test_foreign_packages_are_named_and_the_standard_library_is_not(tmp_path: Path) -> None:
    tree(tmp_path, app__main="import json, boto3.session\nfrom botocore import config")

    assert {"boto3", "botocore"} == closure(["app.main"], [tmp_path / "app"]).foreign


def test_a_module_of_ours_that_is_not_there_is_named(tmp_path: Path) -> None:
    tree(tmp_path, app__main="import app.gone")
    with pytest.raises(BundleError, match=r"app\.gone is imported"):
        closure(["app.main"], [tmp_path / "app"])


def test_no_module_is_run(tmp_path: Path) -> None:
    tree(tmp_path, app__main="raise RuntimeError('it was run')")

    assert {"app/main.py"} == needed(tmp_path)


def test_what_lies_beside_a_package_of_ours_is_not_ours(tmp_path: Path) -> None:
    """A plugin that was installed, not linked, stands among all that is installed."""
    tree(tmp_path, app__main="import pydantic", pydantic__core="import pydantic.compiled")

    assert {"app/main.py"} == needed(tmp_path)
    assert {"pydantic"} == closure(["app.main"], [tmp_path / "app"]).foreign


def test_a_packages_data_comes_with_it_and_what_only_a_local_build_adds_does_not(
    tmp_path: Path,
) -> None:
    tree(tmp_path, app__main="import app.sub", app__sub__a="", app__unused__b="")
    for name in ("sub/page.html", "sub/texts.json", "unused/more.json", "_profile.json"):
        (tmp_path / "app" / name).touch()

    assert {"app/main.py", "app/sub/page.html", "app/sub/texts.json"} == needed(tmp_path)
