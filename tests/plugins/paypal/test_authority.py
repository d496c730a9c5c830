"""The simulator's own certificates: kept from run to run, and made anew once they will not do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from penstock_paypal.simulator.authority import NAME, Authority, Identity, pem

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


def test_an_identity_is_kept_until_it_is_about_to_expire(tmp_path: Path) -> None:
    first = Identity.kept(tmp_path, NOW)

    assert first.leaf == Identity.kept(tmp_path, NOW + timedelta(days=380)).leaf
    assert first.leaf != Identity.kept(tmp_path, NOW + timedelta(days=390)).leaf


def test_an_identity_whose_leaf_lacks_the_key_usage_is_made_anew(tmp_path: Path) -> None:
    """
    As a simulator before this one kept it: the plugin believes no such leaf.
    """
    authority = Authority.make(NOW)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    leaf = authority.issue(NAME, key.public_key(), NOW, NOW + timedelta(days=300), usage=None)
    chain = (authority.root, authority.intermediate, leaf)
    (tmp_path / "certificates.pem").write_bytes(b"".join(map(pem, chain)))
    written = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(written)
    issuing = authority.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "authority.pem").write_bytes(issuing)

    assert leaf != Identity.kept(tmp_path, NOW).leaf
