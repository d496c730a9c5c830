"""The zips: the same bytes from the same sources, and nothing in them that is not needed."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from infra.bundle import BundleError, build
from infra.bundle.dependencies import SERVICES

UNCHECKED_HASH = (1).to_bytes(4, "little")


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("profile") / "profile.json"
    file.write_text(json.dumps({"paypal": {"door": {"paypal-cert-url": "http://127.0.0.1/.*"}}}))
    return file


@pytest.fixture(scope="module")
def zips(tmp_path_factory: pytest.TempPathFactory, profile: Path) -> Mapping[str, Path]:
    return build("local", tmp_path_factory.mktemp("zips"), profile)


def names(path: Path) -> set[str]:
    with zipfile.ZipFile(path) as archive:
        return set(archive.namelist())


def digests(zips: Mapping[str, Path]) -> dict[str, str]:
    return {kind: hashlib.sha256(path.read_bytes()).hexdigest() for kind, path in zips.items()}


def test_the_same_sources_give_the_same_bytes(
    zips: Mapping[str, Path], profile: Path, tmp_path: Path
) -> None:
    assert digests(zips) == digests(build("local", tmp_path, profile))


def test_nothing_is_written_when_nothing_has_changed(
    zips: Mapping[str, Path], profile: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in zips.values()}
    build("local", zips["worker"].parent, profile)

    assert before == {path: path.stat().st_mtime_ns for path in zips.values()}


def test_what_is_no_longer_true_is_built_anew(zips: Mapping[str, Path], tmp_path: Path) -> None:
    shutil.copytree(zips["worker"].parent, tmp_path, dirs_exist_ok=True)
    again = build("local", tmp_path)

    assert "penstock/_profile.json" not in names(again["worker"]) | names(again["receive"])


@pytest.mark.parametrize("kind", ["receive", "worker"])
def test_it_imports_with_nothing_else_installed(
    zips: Mapping[str, Path], kind: str, tmp_path: Path
) -> None:
    with zipfile.ZipFile(zips[kind]) as archive:
        archive.extractall(tmp_path)
    modules = {
        "receive": "penstock.entrypoints.receive, penstock.adapters.blocking_topic",
        "worker": "penstock.entrypoints.lambdas, penstock_paypal, penstock_example, "
        "penstock_slack, penstock_email, penstock.bootstrap",
    }
    # Isolated, and without site: neither our environment nor the checkout is on the path.
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import {modules[kind]}"
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False
    )

    assert "" == done.stderr


@pytest.mark.parametrize("kind", ["receive", "worker"])
def test_every_source_is_compiled_never_to_be_checked(zips: Mapping[str, Path], kind: str) -> None:
    tag = sys.implementation.cache_tag
    with zipfile.ZipFile(zips[kind]) as archive:
        held = set(archive.namelist())
        for name in (name for name in held if name.endswith(".py")):
            folder, _, file = name.rpartition("/")
            compiled = f"{folder}/__pycache__/{file[:-3]}.{tag}.pyc".lstrip("/")

            assert UNCHECKED_HASH == archive.read(compiled)[4:8], name


@pytest.mark.parametrize("kind", ["receive", "worker"])
def test_times_and_modes_are_always_the_same(zips: Mapping[str, Path], kind: str) -> None:
    with zipfile.ZipFile(zips[kind]) as archive:
        entries = archive.infolist()

    assert {((1980, 1, 1, 0, 0, 0), 0o100644 << 16)} == {
        (entry.date_time, entry.external_attr) for entry in entries
    }
    assert sorted(entry.filename for entry in entries) == [entry.filename for entry in entries]


@pytest.mark.parametrize("kind", ["receive", "worker"])
def test_no_simulator_and_nothing_of_tests_is_inside(zips: Mapping[str, Path], kind: str) -> None:
    held = names(zips[kind])

    assert not [name for name in held if "simulator" in name.lower()]
    assert not [name for name in held if name.startswith(("penstock/testing", "local/", "infra/"))]
    assert not [name for name in held if "/tests/" in name]


def test_receive_holds_nothing_but_our_own_code(zips: Mapping[str, Path]) -> None:
    """
    It needs the standard library only: no dependency, and no plugin either.
    """
    assert {"penstock"} == {name.partition("/")[0] for name in names(zips["receive"])}


def test_botocore_knows_the_services_that_are_used_only(zips: Mapping[str, Path]) -> None:
    data = {
        name.split("/")[2]
        for name in names(zips["worker"])
        if name.startswith("botocore/data/") and name.count("/") > 2
    }

    assert SERVICES == data


def test_the_index_holds_each_plugins_data_file_word_for_word(zips: Mapping[str, Path]) -> None:
    for path in zips.values():
        with zipfile.ZipFile(path) as archive:
            index = json.loads(archive.read("penstock/_plugins.json"))

        assert {"penstock_paypal", "penstock_example", "penstock_slack", "penstock_email"} <= {
            plugin["module"] for plugin in index["plugins"]
        }


def test_the_contract_is_inside_as_json(zips: Mapping[str, Path]) -> None:
    with zipfile.ZipFile(zips["worker"]) as archive:
        contract = json.loads(archive.read("penstock/_contracts/api.json"))

    assert "/webhooks/{gateway}" in contract["paths"]
    assert "penstock/_contracts/messages/payment.json" in names(zips["worker"])


def test_a_plugins_data_files_go_with_it(zips: Mapping[str, Path]) -> None:
    assert "penstock_paypal/plugin.json" in names(zips["worker"])


def test_what_is_deployed_takes_no_profile(profile: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="for `local` only"):
        build("aws", tmp_path, profile)


@pytest.mark.slow
def test_what_is_deployed_is_for_arm64_and_python_313(tmp_path: Path) -> None:
    try:
        zips = build("aws", tmp_path)
    except BundleError as exc:
        pytest.skip(str(exc))
    libraries = [name for name in names(zips["worker"]) if name.endswith(".so")]
    with zipfile.ZipFile(zips["worker"]) as archive:
        # The machine of an ELF file, at byte 18: 183 is AArch64.
        machines = {archive.read(name)[18] for name in libraries}

    assert {183} == machines
    assert not [name for name in libraries if "cpython-311" in name]
    assert "penstock/__pycache__/errors.cpython-313.pyc" in names(zips["receive"])
    assert "penstock/_profile.json" not in names(zips["receive"]) | names(zips["worker"])
