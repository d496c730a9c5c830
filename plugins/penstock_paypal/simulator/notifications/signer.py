"""
What PayPal signs with: certificates that replace each other, every one of them served.

`POST /_simulator/certificates` makes a new one: from then on webhooks are signed with its key and
name its address. The older ones stay where they are.
"""

from __future__ import annotations

import base64
import uuid
from functools import cached_property

from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from penstock_paypal.simulator.authority import Identity, pem
from penstock_paypal.simulator.books import Books
from penstock_paypal.simulator.oauth import CERTIFICATES
from penstock_paypal.webhooks.signature import signed_text


class Signer:
    """
    Makes the headers of a delivery.

    Attributes:
        url: the simulator's own address, at which the certificates are.
    """

    def __init__(self, books: Books, identity: Identity) -> None:
        self._books = books
        self._served = {_name(identity): identity}
        self._current = identity
        self.url = ""

    def add_to(self, app: web.Application) -> None:
        """Serve the certificates, and the control that replaces them."""
        app.router.add_get(f"{CERTIFICATES}{{name}}", self._certificate)
        app.router.add_post("/_simulator/certificates", self._rotate)

    def headers(self, body: bytes, webhook_id: str, *, forged: bool = False) -> dict[str, str]:
        """
        The headers of a new transmission of that body.

        Args:
            webhook_id: the webhook it is signed for.
            forged: sign with a key that no certificate of ours is for.
        """
        identity, stamp = str(uuid.uuid1()), self._books.now()
        key = self._strangers_key if forged else self._current.key
        signature = key.sign(
            signed_text(identity, stamp, webhook_id, body), PKCS1v15(), hashes.SHA256()
        )
        return {
            "PAYPAL-TRANSMISSION-ID": identity,
            "PAYPAL-TRANSMISSION-TIME": stamp,
            "PAYPAL-TRANSMISSION-SIG": base64.b64encode(signature).decode("ascii"),
            "PAYPAL-AUTH-VERSION": "v2",
            "PAYPAL-CERT-URL": f"{self.url}{CERTIFICATES}{_name(self._current)}",
            "PAYPAL-AUTH-ALGO": "SHA256withRSA",
            "Content-Type": "application/json",
            "User-Agent": "PayPal/AUHD-214.0-simulated",
            "Correlation-Id": f"{self._books.clock().timestamp():.0f}",
        }

    @cached_property
    def _strangers_key(self) -> rsa.RSAPrivateKey:
        """A stranger's key; made when first wanted, because that takes time."""
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    async def _certificate(self, request: web.Request) -> web.Response:
        identity = self._served.get(request.match_info["name"])
        if identity is None:
            raise web.HTTPNotFound(text="there is no such certificate")
        # The leaf alone, as PayPal does.
        return web.Response(
            body=pem(identity.leaf),
            content_type="application/x-pem-file",
            headers={"Cache-Control": "public, max-age=86400"},
        )

    async def _rotate(self, _: web.Request) -> web.Response:
        self._current = self._current.rotated(self._books.clock())
        self._served[_name(self._current)] = self._current
        url = f"{self.url}{CERTIFICATES}{_name(self._current)}"
        return web.json_response({"certificate_url": url})


def _name(identity: Identity) -> str:
    digest = identity.leaf.fingerprint(hashes.SHA256()).hex()
    return f"CERT-{digest[:8]}-{digest[8:16]}-{digest[16:24]}"
