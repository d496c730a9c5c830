"""Certificates that lie in a folder, in the place of the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cryptography import x509

from penstock.api import HttpNotSent, Response
from penstock_paypal.client.api import SIZE_LIMIT

_END = ".pem"


@dataclass(frozen=True)
class FolderHttp:
    """
    Answers for one certificate out of a file, and for nothing else: nothing is sent anywhere.

    Attributes:
        pem: what the file of the signing certificate holds.
    """

    url: str
    pem: bytes

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the port's own signature
        limit: int = SIZE_LIMIT,
    ) -> Response:
        """
        The certificate at its address.

        Raises:
            HttpNotSent: another address, such as that of an issuer's certificate.
        """
        if url == self.url:
            return Response(200, {}, self.pem)
        name = url.rpartition("/")[2]
        raise HttpNotSent(f"{name} is not among the given certificates, and nothing is downloaded")


def leaves(certificates: Mapping[str, bytes], url: str) -> list[bytes]:
    """
    The files that may hold the certificate of that address: the name ends with the address's last
    segment and `.pem`. Two environments may use one id, so there may be several.
    """
    wanted = url.rpartition("/")[2]
    if not wanted:
        return []
    end = f"{wanted}{_END}"
    return [pem for name, pem in sorted(certificates.items()) if name.endswith(end)]


def issuers(certificates: Mapping[str, bytes]) -> bytes:
    """
    Every certificate of the folder that can complete a chain, as PEM; what is no PEM is left out.

    None of them is trusted by being here: a chain still has to end at a root of the plugin's own.
    """
    found: list[bytes] = []
    for name, pem in sorted(certificates.items()):
        if not name.endswith(_END):
            continue
        try:
            x509.load_pem_x509_certificates(pem)
        except ValueError:
            continue
        found.append(pem)
    return b"\n".join(found)
