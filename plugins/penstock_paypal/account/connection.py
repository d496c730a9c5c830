"""A connection to one environment, whose credentials were tried before anything else is sent."""

from __future__ import annotations

from penstock.api import Context, GatewayUnavailable, SettingsError
from penstock_paypal.client.answer import Answer
from penstock_paypal.client.api import Api
from penstock_paypal.client.pace import Pace
from penstock_paypal.client.token import Tokens
from penstock_paypal.environments import Environment, environment
from penstock_paypal.settings import PayPalSettings

_OTHER = {"live": "sandbox", "sandbox": "live"}
_WHERE = "developer.paypal.com, Apps & Credentials"


class Connection:
    """
    PayPal's API for a command.

    Raises:
        SettingsError: the environment is not known here.
    """

    def __init__(self, context: Context[PayPalSettings]) -> None:
        self._context = context
        self._name = context.name or "paypal"
        self._where = environment(context.settings.environment, context.profile)
        self._tokens = self._tokens_of(self._where)
        pace = Pace(context.ids)
        self._api = Api(
            self._where.api_url,
            self._tokens,
            context.http,
            context.clock,
            pace,
            context.log,
            context.request_timeout,
            self._name,
        )
        self._tried = False

    @property
    def local(self) -> bool:
        """Whether it is the simulator on the local platform."""
        return self._where.name == "local"

    async def api(self) -> Api:
        """
        The API, once PayPal has taken the credentials.

        Raises:
            GatewayUnavailable: no answer.
            SettingsError: PayPal does not take them here; says whose they are.
        """
        if not self._tried:
            await self._try()
            self._tried = True
        return self._api

    async def _try(self) -> None:
        if await self._tokens.accepted():
            return
        name = self._where.name
        other = _OTHER.get(name)
        if other and await self._belongs_to(other):
            raise SettingsError(
                f"client_id and client_secret are {other} credentials, and this is {name}:"
                f" copy those of your {name} app from {_WHERE} (switch to {name.capitalize()});"
                " nothing was changed"
            )
        raise SettingsError(
            f"client_id and client_secret: PayPal's {name} does not take them: copy both again"
            f" from {_WHERE}; nothing was changed"
        )

    async def _belongs_to(self, other: str) -> bool:
        try:
            return await self._tokens_of(environment(other, {})).accepted()
        except GatewayUnavailable:
            return False

    def _tokens_of(self, where: Environment) -> Tokens:
        context = self._context
        return Tokens(
            where.api_url,
            context.secrets,
            context.http,
            context.clock,
            Pace(context.ids),
            context.log,
            context.request_timeout,
            self._name,
        )


def demand(answer: Answer, what: str) -> Answer:
    """
    An answer that says it was done.

    Raises:
        GatewayUnavailable: it may be done later.
        SettingsError: PayPal refuses it; names PayPal's fields and codes.
    """
    if answer.ok:
        return answer
    if answer.status == 403:
        raise SettingsError(
            f"PayPal, {what}: {answer.why}: the app may not do that; `penstock paypal check` says"
            " what to enable"
        )
    if answer.passing:
        raise answer.unavailable(what)
    fields = ", ".join(f"{name}: {issue}" for name, issue in answer.fields)
    raise SettingsError(f"PayPal, {what}: {answer.why}{f' ({fields})' if fields else ''}")
