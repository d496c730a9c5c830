"""A buyer's token: what is good, what is wrong, and when the gateway is asked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from penstock.domain.rules.buyer import Standpoint
from penstock.domain.subscription import Subscription
from penstock.testing.clock import NOON
from tests.unit.pages.scene import SECRET, Scene, payment, seen, subscription


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def standpoint(scene: Scene, token: str) -> Standpoint | None:
    returned = await scene.returning(token)
    return returned.view.standpoint if returned else None


class TestTokens:
    @pytest.mark.parametrize(
        "wrong",
        [
            "",
            "-",
            "x",
            "../../etc",
            "é" * 65,
            "0" * 32 + "-" + SECRET,
            "0" * 32,
            "0" * 31 + "-" + SECRET,
            "\n",
            "a" * 5000,
        ],
    )
    async def test_a_malformed_or_unknown_token_shows_nothing_and_asks_no_gateway(
        self, scene: Scene, wrong: str
    ):
        await scene.signed_up()

        assert None is await scene.returning(wrong)
        assert [] == scene.gate.asked

    async def test_a_guessed_secret_shows_nothing_and_asks_no_gateway(self, scene: Scene):
        token = await scene.signed_up()
        guessed = token[:-1] + ("0" if token[-1] != "0" else "1")

        assert None is await scene.returning(guessed)
        assert [] == scene.gate.asked

    async def test_a_token_is_good_for_24_hours(self, scene: Scene):
        token = await scene.signed_up()
        scene.clock.advance(timedelta(hours=24).total_seconds() - 1)

        assert None is not await scene.returning(token)

        scene.clock.advance(1)
        scene.gate.asked.clear()

        assert None is await scene.returning(token)
        assert [] == scene.gate.asked


class TestReading:
    async def test_a_paid_subscription_is_read_from_the_ledger_alone(self, scene: Scene):
        token = await scene.signed_up(subscription(paid=True), payment())

        assert Standpoint.paid is await standpoint(scene, token)
        assert [] == scene.gate.asked

    async def test_a_pending_payment_is_found_by_its_subscription(self, scene: Scene):
        token = await scene.signed_up(subscription(), payment("pending"))

        assert Standpoint.pending is await standpoint(scene, token)

    async def test_another_gateways_payment_of_the_same_name_does_not_count(self, scene: Scene):
        token = await scene.signed_up(subscription(), payment("declined", gateway="other"))

        assert Standpoint.waiting is await standpoint(scene, token)

    async def test_a_sign_up_that_the_gateway_has_not_answered_is_waited_for(self, scene: Scene):
        token = await scene.signed_up(opened=None)

        assert Standpoint.waiting is await standpoint(scene, token)
        assert [] == scene.gate.asked

    async def test_a_sign_up_that_was_refused_has_failed(self, scene: Scene):
        token = await scene.signed_up(opened=None, refused="no such plan")

        assert Standpoint.failed is await standpoint(scene, token)


class TestRereading:
    async def test_a_lost_notification_is_made_up_for(self, scene: Scene):
        token = await scene.signed_up(subscription("approval_pending"))
        scene.gate.shows = seen("cancelled")

        assert Standpoint.cancelled is await standpoint(scene, token)

        kept = await scene.ledger.load(Subscription, "gate-I-1")
        assert kept is not None
        assert "cancelled" == kept.status

    async def test_the_gateway_is_asked_at_most_every_five_seconds(self, scene: Scene):
        token = await scene.signed_up(subscription("approval_pending"))
        scene.gate.shows = seen("approval_pending")

        for _ in range(10):
            await scene.returning(token)
            scene.clock.advance(1)

        assert 2 == len(scene.gate.asked)

    async def test_a_gateway_that_is_down_leaves_the_ledgers_word(self, scene: Scene):
        token = await scene.signed_up(subscription("approval_pending"))
        scene.gate.down = True

        assert Standpoint.waiting is await standpoint(scene, token)

    async def test_the_approval_address_is_shown_only_until_it_is_approved(self, scene: Scene):
        token = await scene.signed_up(subscription("approval_pending"))
        scene.gate.shows = seen("approval_pending", as_of=NOON)
        before = await scene.returning(token)

        scene.gate.shows = seen("active", as_of=NOON + timedelta(seconds=1))
        scene.clock.advance(5)
        after = await scene.returning(token)

        assert before is not None
        assert after is not None
        assert ("https://gate.example/approve?ba_token=BA-1", None) == (
            before.approve,
            after.approve,
        )
