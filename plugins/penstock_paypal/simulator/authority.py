"""A certificate authority of the simulator's own, shaped like the one PayPal signs under."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAME = "messageverificationcerts.local"
_CA_LIFE = timedelta(days=3650)
_LEAF_LIFE = timedelta(days=396)
_RENEW = timedelta(days=7)
_ISSUES = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
# A leaf of PayPal's may sign, and be a TLS server's.
SIGNS = x509.KeyUsage(True, False, True, False, False, False, False, False, False)

CaKey = ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Authority:
    """A root, an intermediate under it, and the power to issue leaves."""

    root: x509.Certificate
    intermediate: x509.Certificate
    key: CaKey = field(repr=False)

    @classmethod
    def make(cls, now: datetime) -> Authority:
        """A new one, valid for ten years from a day ago."""
        root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        start = now - timedelta(days=1)
        root_name, name = _named("Penstock Simulator Root"), _named("Penstock Simulator CA")
        root = _ca(root_name, root_key, root_name, root_key, start, path_length=None)
        return cls(root, _ca(name, key, root_name, root_key, start, path_length=0), key)

    def issue(
        self,
        name: str,
        key: rsa.RSAPublicKey,
        start: datetime,
        end: datetime,
        usage: x509.KeyUsage | None = SIGNS,
    ) -> x509.Certificate:
        """A leaf for that host name and key; without the key usage extension if that is None."""
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        issuer = self.key.public_key()
        builder = (
            x509.CertificateBuilder()
            .subject_name(_named(name))
            .issuer_name(self.intermediate.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False
            )
        )
        if usage is not None:
            builder = builder.add_extension(usage, critical=True)
        return builder.sign(self.key, hashes.SHA256())


@dataclass(frozen=True, slots=True)
class Identity:
    """What the simulator signs with, and what must be trusted to believe it."""

    authority: Authority
    leaf: x509.Certificate
    key: rsa.RSAPrivateKey = field(repr=False)

    @classmethod
    def kept(cls, folder: Path, now: datetime) -> Identity:
        """The one kept in the folder, or a new one if there is none or it is about to expire."""
        try:
            known = cls._read(folder)
        except (OSError, ValueError):
            known = None
        if known is not None and known._usable(now):
            return known

        made = cls.make(now)
        made._write(folder)
        return made

    @classmethod
    def make(cls, now: datetime) -> Identity:
        """A new one, under a new authority; kept nowhere."""
        return cls._issued(Authority.make(now), now)

    def rotated(self, now: datetime) -> Identity:
        """Another leaf with another key, under the same authority."""
        return self._issued(self.authority, now)

    @classmethod
    def _issued(cls, authority: Authority, now: datetime) -> Identity:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        start = now - timedelta(days=1)
        return cls(
            authority, authority.issue(NAME, key.public_key(), start, start + _LEAF_LIFE), key
        )

    def _usable(self, now: datetime) -> bool:
        """Whether it lasts, and was made with all that the plugin asks of a leaf."""
        if now >= self.leaf.not_valid_after_utc - _RENEW:
            return False
        try:
            usage = self.leaf.extensions.get_extension_for_class(x509.KeyUsage)
        except x509.ExtensionNotFound:
            return False
        return usage.value == SIGNS

    @classmethod
    def _read(cls, folder: Path) -> Identity:
        root, intermediate, leaf = x509.load_pem_x509_certificates(
            (folder / "certificates.pem").read_bytes()
        )
        key = _read_key((folder / "key.pem").read_bytes())
        if not isinstance(key, rsa.RSAPrivateKey) or key.public_key() != leaf.public_key():
            raise ValueError("the key is not the certificate's")
        issuing = _read_key((folder / "authority.pem").read_bytes())
        if not isinstance(issuing, CaKey) or issuing.public_key() != intermediate.public_key():
            raise ValueError("the authority's key is not the intermediate certificate's")
        return cls(Authority(root, intermediate, issuing), leaf, key)

    def _write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        _write_key(folder / "key.pem", self.key)
        _write_key(folder / "authority.pem", self.authority.key)
        chain = (self.authority.root, self.authority.intermediate, self.leaf)
        (folder / "certificates.pem").write_bytes(b"".join(pem(one) for one in chain))


@lru_cache(maxsize=8)
def _read_key(content: bytes) -> PrivateKeyTypes:
    """The key in a PEM. Checking an RSA key takes 20 ms, so each is checked once a process."""
    return serialization.load_pem_private_key(content, None)


def _write_key(file: Path, key: rsa.RSAPrivateKey | CaKey) -> None:
    file.touch(mode=0o600)
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def pem(certificate: x509.Certificate) -> bytes:
    """The certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _ca(
    name: x509.Name,
    key: CaKey,
    issuer: x509.Name,
    issuer_key: CaKey,
    start: datetime,
    *,
    path_length: int | None,
) -> x509.Certificate:
    mine, theirs = key.public_key(), issuer_key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(mine)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + _CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(_ISSUES, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(mine), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(theirs), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
