"""The handlers of the buyer's pages, by operationId."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from penstock import problems
from penstock.bootstrap import Platform
from penstock.domain.rules.buyer import BuyersView, Standpoint
from penstock.entrypoints.http.handlers import Call
from penstock.entrypoints.http.message import Answer, json_answer
from penstock.entrypoints.http.pages.page import Content, Link, PageSettings, html, onward
from penstock.entrypoints.http.pages.texts import Texts, texts_for
from penstock.errors import RequestRefused
from penstock.pipeline.returning import Returned, Returning

_TONES = {
    Standpoint.waiting: "wait",
    Standpoint.paid: "good",
    Standpoint.trial: "good",
    Standpoint.pending: "wait",
    Standpoint.on_hold: "good",
    Standpoint.failed: "bad",
    Standpoint.suspended: "care",
    Standpoint.cancelled: "care",
    Standpoint.ended: "care",
    Standpoint.expired: "care",
}
_UNDATED = (Standpoint.waiting, Standpoint.pending)
# Words of gateways' codes; what only the seller can do about it is not the buyer's to read.
_REASONS = {"echeck": "pending.because.echeck", "review": "pending.because.review"}


@dataclass(frozen=True, slots=True)
class PageHandlers:
    """
    One method an operation; a wrong token raises a problem of kind no-such-return.

    Attributes:
        returning: asked for with the first request, because it builds the gateways.
    """

    returning: Callable[[], Returning]
    settings: PageSettings

    @classmethod
    def of(cls, platform: Platform) -> PageHandlers:
        """The handlers of a platform."""
        return cls(lambda: platform.returning, PageSettings.of(platform.settings))

    def table(self) -> Mapping[str, Callable[[Call], Awaitable[Answer]]]:
        """The handlers by operationId."""
        return {
            "showReturn": self.show_return,
            "getReturnState": self.get_return_state,
            "showCancelledReturn": self.show_cancelled_return,
        }

    async def show_return(self, call: Call) -> Answer:
        """The page that waits for the gateway's confirmation."""
        token, returned, texts = await self._returned(call, arrived=True)
        content = self._content(returned, texts, again=token)
        return html(content, self.settings, texts, state=f"{token}/state")

    async def get_return_state(self, call: Call) -> Answer:
        """The same for the page's script; links are relative to the page."""
        token, returned, texts = await self._returned(call)
        content = self._content(returned, texts, again=token)
        links = [
            {"href": one.href, "text": one.text, "first": not place}
            for place, one in enumerate(content.links)
        ]
        told = {
            "state": returned.view.standpoint.value,
            "settled": content.settled,
            "tone": content.tone,
            "title": content.title,
            "text": content.text,
            "because": content.because,
            "more": content.more,
            "links": links,
        }
        return json_answer(200, told, {"referrer-policy": "no-referrer"})

    async def show_cancelled_return(self, call: Call) -> Answer:
        """The page of a buyer who left without approving; who approved after all is sent on."""
        token, returned, texts = await self._returned(call)
        if returned.approve is None or not _is_web(returned.approve):
            headers = {"location": f"../{token}", "cache-control": "no-store"}
            return Answer(303, b"", {**headers, "referrer-policy": "no-referrer"})
        once = "once." if returned.view.once else ""
        of = f"{once}not_approved"
        content = Content(
            "care",
            texts[f"{of}.title"],
            texts[f"{of}.text"],
            more=texts[f"{of}.more"],
            links=[
                Link(
                    returned.approve,
                    texts[f"{once}link.approve"],
                ),
                *onward(self.settings, texts),
            ],
        )
        return html(content, self.settings, texts)

    async def _returned(self, call: Call, *, arrived: bool = False) -> tuple[str, Returned, Texts]:
        token: str = call.checked.parameters["token"]
        returned = await self.returning()(token, arrived=arrived)
        if returned is None:
            raise RequestRefused(
                problems.NO_SUCH_RETURN, "the link is incomplete, wrong or older than 24 hours"
            )
        texts = texts_for(call.headers.get("accept-language", ""), self.settings.language)
        return token, returned, texts

    def _content(self, returned: Returned, texts: Texts, *, again: str) -> Content:
        view = returned.view
        name = f"once.{view.standpoint.value}" if view.once else view.standpoint.value
        undated = view.once or view.standpoint in _UNDATED
        links = onward(self.settings, texts)
        if view.mend and _is_web(view.mend):
            links = [Link(view.mend, texts["link.mend"]), *links]
        if view.once and view.standpoint is Standpoint.failed and _may_retry(returned):
            name = "once.retry"
            links = [Link(returned.approve or "", texts["once.link.retry"]), *links]
        if not view.settled:
            links = [Link(again, texts["link.again"]), *links]
        return Content(
            _TONES[view.standpoint],
            texts[f"{name}.title"],
            texts[f"{name}.text"] if undated else texts.dated(f"{name}.text", view.until),
            because=_because(view, texts),
            more=texts.get(f"{name}.more"),
            links=links,
            settled=view.settled,
        )


def _because(view: BuyersView, texts: Texts) -> str:
    code = (view.because or "").lower()
    return next((texts[name] for word, name in _REASONS.items() if word in code), "")


def _may_retry(returned: Returned) -> bool:
    return returned.approve is not None and _is_web(returned.approve)


def _is_web(url: str) -> bool:
    return urlsplit(url).scheme in ("https", "http")
