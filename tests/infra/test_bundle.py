"""The zips: the same bytes from the same sources, and nothing in them that is not needed."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import ssl
import subprocess
import sys
import time
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from infra.bundle import BundleError, build
from infra.bundle.build import KINDS
from infra.bundle.dependencies import SERVICES
from infra.bundle.roots import LABELS
from infra.bundle.target import platform

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


@pytest.mark.slow
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


@pytest.mark.slow
def test_what_is_no_longer_true_is_built_anew(zips: Mapping[str, Path], tmp_path: Path) -> None:
    shutil.copytree(zips["worker"].parent, tmp_path, dirs_exist_ok=True)
    again = build("local", tmp_path)

    assert "penstock/_profile.json" not in names(again["worker"]) | names(again["receive"])


@pytest.mark.parametrize("kind", KINDS)
def test_it_imports_with_nothing_else_installed(
    zips: Mapping[str, Path], kind: str, tmp_path: Path
) -> None:
    with zipfile.ZipFile(zips[kind]) as archive:
        archive.extractall(tmp_path)
    modules = {
        "receive": "penstock.entrypoints.functions.receive, penstock.adapters.blocking_topic",
        "api": "penstock.entrypoints.functions.api, penstock.entrypoints.http.reference.page, "
        "jinja2",
        "merchant": "penstock.entrypoints.functions.merchant, penstock_paypal, penstock_example",
        "worker": "penstock.entrypoints.functions.workers, penstock_paypal, penstock_example, "
        "penstock.bootstrap",
        "deliver": "penstock.entrypoints.functions.workers, penstock_slack, penstock_email, "
        "penstock_postgres.sink, penstock.bootstrap",
    }
    # Isolated, and without site: neither our environment nor the checkout is on the path.
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import {modules[kind]}"
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False
    )

    assert "" == done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_every_source_is_compiled_never_to_be_checked(zips: Mapping[str, Path], kind: str) -> None:
    tag = sys.implementation.cache_tag
    with zipfile.ZipFile(zips[kind]) as archive:
        held = set(archive.namelist())
        for name in (name for name in held if name.endswith(".py")):
            folder, _, file = name.rpartition("/")
            compiled = f"{folder}/__pycache__/{file[:-3]}.{tag}.pyc".lstrip("/")

            assert UNCHECKED_HASH == archive.read(compiled)[4:8], name


@pytest.mark.parametrize("kind", KINDS)
def test_times_and_modes_are_always_the_same(zips: Mapping[str, Path], kind: str) -> None:
    with zipfile.ZipFile(zips[kind]) as archive:
        entries = archive.infolist()

    assert {((1980, 1, 1, 0, 0, 0), 0o100644 << 16)} == {
        (entry.date_time, entry.external_attr) for entry in entries
    }
    assert sorted(entry.filename for entry in entries) == [entry.filename for entry in entries]


@pytest.mark.parametrize("kind", KINDS)
def test_no_simulator_and_nothing_of_tests_is_inside(zips: Mapping[str, Path], kind: str) -> None:
    held = names(zips[kind])

    assert not [name for name in held if "simulator" in name.lower()]
    assert not [name for name in held if "penstock_paypal/account" in name]
    assert not [name for name in held if name.startswith(("penstock/testing", "local/", "infra/"))]
    assert not [name for name in held if "/tests/" in name]


def test_receive_holds_nothing_but_our_own_code(zips: Mapping[str, Path]) -> None:
    """
    It needs the standard library only: no dependency, and no plugin either.
    """
    assert {"penstock"} == {name.partition("/")[0] for name in names(zips["receive"])}


@pytest.mark.parametrize("kind", ["api", "deliver", "merchant", "receive", "worker"])
def test_each_carries_the_roots_of_aws_alone(zips: Mapping[str, Path], kind: str) -> None:
    """
    The five that Amazon Trust Services names, each good for more than a year.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with zipfile.ZipFile(zips[kind]) as archive:
        context.load_verify_locations(cadata=archive.read("penstock/_roots.pem").decode())
    roots = context.get_ca_certs()
    a_year_on = time.time() + 365 * 86_400

    assert set(LABELS) == {
        value for root in roots for ((name, value),) in root["subject"] if name == "commonName"
    }
    assert all(ssl.cert_time_to_seconds(root["notAfter"]) > a_year_on for root in roots)


def test_none_carries_what_only_another_needs(zips: Mapping[str, Path]) -> None:
    """
    The contract's validator is the API's, cryptography is for those that run plugins.
    """
    tops = {kind: {name.partition("/")[0] for name in names(path)} for kind, path in zips.items()}

    assert {"api", "merchant"} == {kind for kind, held in tops.items() if "jsonschema_rs" in held}
    assert {"merchant", "worker"} == {
        kind for kind, held in tops.items() if "cryptography" in held
    }
    assert {"merchant", "worker"} == {
        kind for kind, held in tops.items() if "penstock_paypal" in held
    }
    assert {"deliver"} == {
        kind for kind, held in tops.items() if {"asyncpg", "penstock_postgres"} & held
    }


@pytest.mark.slow
def test_without_an_interpreter_that_compiles_for_it_a_zip_holds_sources(tmp_path: Path) -> None:
    """
    It runs all the same, and slower: better than another version's `.pyc`, which nobody reads.
    """
    zips = build("local", tmp_path, where=replace(platform("local"), python=None))
    held = names(zips["receive"])

    assert "penstock/entrypoints/functions/receive.py" in held
    assert not [name for name in held if name.endswith(".pyc")]


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

        assert {
            "penstock_paypal",
            "penstock_example",
            "penstock_slack",
            "penstock_email",
            "penstock_postgres",
        } <= {plugin["module"] for plugin in index["plugins"]}


def test_only_the_api_carries_the_contract_and_it_does_so_as_json(
    zips: Mapping[str, Path],
) -> None:
    with zipfile.ZipFile(zips["api"]) as archive:
        contract = json.loads(archive.read("penstock/_contracts/api.json"))

    assert "/webhooks/{gateway}" in contract["paths"]
    assert "penstock/_contracts/messages/payment.json" in names(zips["api"])
    assert not [name for name in names(zips["worker"]) if "_contracts/" in name]


def test_a_plugins_data_files_go_with_it(zips: Mapping[str, Path]) -> None:
    assert "penstock_paypal/plugin.json" in names(zips["worker"])
    assert "penstock_postgres/migrations/0001_tables.sql" in names(zips["deliver"])


def test_what_is_deployed_takes_no_profile(profile: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="for `local` only"):
        build("aws", tmp_path, profile)


LIMITS = {
    "receive": 1_000_000,
    "api": 18_000_000,
    "merchant": 23_000_000,
    "worker": 18_000_000,
    "deliver": 18_000_000,
}
"""Bytes; receive would still fit if it were to carry something one day."""
# What belongs to the local platform: addresses of this machine, keys to be trusted by nobody.
LOCAL = re.compile(
    rb"127\.0\.0\.1|localhost:[0-9]|://localhost|BEGIN (?:RSA |EC )?PRIVATE KEY|/_simulator/|"
    rb"Penstock Simulator|messageverificationcerts\.local"
)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    if platform("aws").python is None:
        pytest.skip("there is no Python of the version on AWS to compile with")
    return build("aws", tmp_path_factory.mktemp("aws"))


@pytest.mark.slow
def test_what_is_deployed_is_for_arm64_and_python_313(deployed: Mapping[str, Path]) -> None:
    libraries = [name for name in names(deployed["worker"]) if name.endswith(".so")]
    with zipfile.ZipFile(deployed["worker"]) as archive:
        # The machine of an ELF file, at byte 18: 183 is AArch64.
        machines = {archive.read(name)[18] for name in libraries}

    assert {183} == machines
    assert not [name for name in libraries if "cpython-311" in name]
    assert "penstock/__pycache__/errors.cpython-313.pyc" in names(deployed["receive"])
    assert not [path for path in deployed.values() if "penstock/_profile.json" in names(path)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_deployed_is_small(deployed: Mapping[str, Path], kind: str) -> None:
    assert LIMITS[kind] > deployed[kind].stat().st_size


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_deployed_knows_no_local_address_and_no_key(
    deployed: Mapping[str, Path], kind: str
) -> None:
    """
    Nothing of ours in it points at this machine, or trusts what a simulator signs.
    """
    with zipfile.ZipFile(deployed[kind]) as archive:
        ours = [name for name in archive.namelist() if name.startswith("penstock")]
        found = {name: LOCAL.findall(archive.read(name)) for name in ours}

    assert {} == {name: words for name, words in found.items() if words}
