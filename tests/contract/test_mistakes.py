"""The deliberate mistakes of the guides do at the sandbox what their texts say.

A text that names an error code promises that no window opens. `IMP.init` is the browser's own matter: see tests/e2e.
"""

import re
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from models import Refund, db
from sandbox.wire.errors import WindowRefused
from services import catalog, checkout
from services.checkout import Source
from services.mistakes import Effect, Mistake
from tests.factories import NOW, place_order, receive
from tests.unit.test_mistakes import MISTAKES

CODE = re.compile(r"\((F\d{4})\)")


@pytest.fixture
def config(config):
    """A shop that accepts test payments, because all channels of the sandbox are test channels."""
    return replace(config, TEST_PAYMENTS=True)


@pytest.fixture
def payments(sandbox):
    return sandbox.client


@pytest.fixture
def plan(desk, guide_id):
    return catalog.cheapest(desk.guides[guide_id].currencies[0])


def mistaken(request: dict[str, Any], mistake: Mistake, used: str) -> dict[str, Any]:
    """Return the request as the browser would send it with this mistake."""
    value = {Effect.TEXT: str(request.get(mistake.field)), Effect.USED: used, Effect.UNSET: None}
    return {**request, mistake.field: value.get(mistake.effect, mistake.value)}


def paid_before(desk, sandbox, user, plan, guide_id: str, variant_id: str) -> str:
    order = place_order(desk, user, plan, guide_id, variant_id=variant_id)
    imp_uid = sandbox.pay(checkout.request(desk, order, language="ko"))
    receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)
    return order.merchant_uid


@pytest.mark.parametrize(
    ("guide_id", "variant_id", "mistake"), [case for case in MISTAKES if case.values[2].effect is not Effect.NO_INIT]
)
def test_a_mistake_does_what_its_text_says(desk, sandbox, user, plan, guide_id, variant_id, mistake):
    used = paid_before(desk, sandbox, user, plan, guide_id, variant_id) if mistake.effect is Effect.USED else ""
    order = place_order(desk, user, plan, guide_id, variant_id=variant_id)
    request = mistaken(checkout.request(desk, order, language="ko"), mistake, used)
    promised = CODE.search(mistake.expect["en"])

    try:
        imp_uid, refused = sandbox.pay(request), None
    except WindowRefused as refusal:
        imp_uid, refused = refusal.imp_uid, refusal.error_code
    receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)

    assert refused == (promised and promised[1])
    assert order.mismatch == ("amount" if mistake.id == "another-amount" and not promised else None)
    is_refunded = db.session.scalar(select(Refund).where(Refund.order_id == order.id)) is not None
    assert is_refunded is ("refunds" in mistake.expect["en"])
    if promised:
        assert order.outcome not in ("paid", "registered")
