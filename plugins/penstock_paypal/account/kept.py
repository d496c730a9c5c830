"""A webhook that somebody kept: judged by the code that judges what arrives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from penstock.api import (
    Authentic,
    Authenticity,
    Context,
    Delivery,
    Forged,
    Http,
    Secret,
    Undecided,
)
from penstock.api.account import CheckedWebhook
from penstock_paypal.account.folder import FolderHttp, issuers, leaves
from penstock_paypal.environments import Environment, environment
from penstock_paypal.settings import PayPalSettings
from penstock_paypal.webhooks import door
from penstock_paypal.webhooks.certificate import Certificates
from penstock_paypal.webhooks.chain import Trust
from penstock_paypal.webhooks.signature import SIMULATOR_ID, Signatures

_SIMULATORS = (
    f"{SIMULATOR_ID} is what PayPal's webhook simulator signs for, for anybody who has an account:"
    " a stack refuses it"
)
_NO_LEAF = "no file of the folder has a name that ends with {name}.pem"
_ORDER = (Authentic, Undecided, Forged)
"""Of several answers the first kind counts: one good certificate is enough."""


@dataclass(frozen=True, slots=True)
class _OneId:
    """A secret that holds one webhook id and nothing else."""

    webhook_id: str

    async def get(self) -> Secret:
        """The secret."""
        return Secret(({"webhook_id": self.webhook_id},))

    async def refresh(self) -> Secret:
        """The same again."""
        return await self.get()


@dataclass(frozen=True, slots=True)
class _Judge:
    """The product's own verifier, for one webhook id, over one way to certificates."""

    context: Context[PayPalSettings]
    webhook_id: str

    async def answer(self, delivery: Delivery, where: Environment, http: Http) -> Authenticity:
        log, limit = self.context.log, self.context.request_timeout
        trust = Trust(where, self.context.settings.extra_certificates, http, log, limit)
        certificates = Certificates(where.certificate_url, trust, http, log, limit)
        # A person who names the simulator's id asks about the simulator.
        refused = frozenset({SIMULATOR_ID} - {self.webhook_id})
        signatures = Signatures(certificates, _OneId(self.webhook_id), refused=refused)
        return await signatures.authenticate(delivery, delivery.received_at)


async def check(
    context: Context[PayPalSettings],
    delivery: Delivery,
    webhook_id: str,
    certificates: Mapping[str, bytes] | None,
) -> CheckedWebhook:
    """Judge a delivery; with `certificates` nothing leaves this machine."""
    judge = _Judge(context, webhook_id)
    where = environment(context.settings.environment, context.profile)
    if certificates is not None:
        where = replace(where, intermediates=where.intermediates + issuers(certificates))
    answer = await _judged(judge, delivery, where, certificates)
    if isinstance(answer, Authentic):
        return CheckedWebhook(answer, _SIMULATORS if webhook_id == SIMULATOR_ID else "")
    if isinstance(answer, Forged):
        for changed, note in _rewritten(delivery.body):
            other = replace(delivery, body=changed)
            if isinstance(await _judged(judge, other, where, certificates), Authentic):
                return CheckedWebhook(answer, note)
    return CheckedWebhook(answer)


async def _judged(
    judge: _Judge,
    delivery: Delivery,
    where: Environment,
    certificates: Mapping[str, bytes] | None,
) -> Authenticity:
    if certificates is None:
        return await judge.answer(delivery, where, judge.context.http)
    url = delivery.headers.get(door.CERT_URL, "")
    found = leaves(certificates, url)
    if not found:
        return _without_leaf(await judge.answer(delivery, where, FolderHttp("", b"")), url)
    answers = [await judge.answer(delivery, where, FolderHttp(url, pem)) for pem in found]
    return min(answers, key=lambda one: _ORDER.index(type(one)))


def _without_leaf(answer: Authenticity, url: str) -> Authenticity:
    """What no certificate could mend stays forged; else the file that is missing is named."""
    if isinstance(answer, Forged):
        return answer
    return Undecided(_NO_LEAF.format(name=url.rpartition("/")[2]))


def _rewritten(body: bytes) -> Iterator[tuple[bytes, str]]:
    """The body without what editors and terminals add to a file."""
    told = "the signature holds for the body {}: the file was changed when it was saved"
    if body.startswith(b"\xef\xbb\xbf"):
        yield body[3:], told.format("without its byte order mark")
    for end in (b"\r\n", b"\n"):
        if body.endswith(end):
            yield body.removesuffix(end), told.format("without its last line break")
    if b"\r\n" in body:
        yield body.replace(b"\r\n", b"\n"), told.format("with LF instead of CRLF")
