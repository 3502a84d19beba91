"""The proof of a run: what counts as the same, and what is kept out of it."""

import pytest

from services import checkout, run_events, run_proof
from services.run_proof import Line
from tests.factories import NOW, place_order


@pytest.mark.parametrize(
    ("printed", "sent", "is_same"),
    [
        (1004, 1004, True),
        (49.0, 49, True),
        (1004, "1004", False),
        (1, True, False),
        ("", None, False),
        (None, "ko", False),
    ],
)
def test_a_number_is_not_its_text_and_an_empty_text_is_not_absent(printed, sent, is_same):
    assert Line(name="field", printed=printed, sent=sent).is_same is is_same


def test_a_card_number_in_a_field_is_masked_on_both_sides(desk, user, plan):
    order = place_order(desk, user, plan, "inicis", run_id="run_1")
    request = checkout.request(desk, order, language="ko") | {"buyer_tel": "4242-4242-4242-4242"}
    told = {"merchant_uid": order.merchant_uid, "event": "sdk.request_pay", "device": "pc", "now": NOW}
    run_events.report(user=user, run_id="run_1", **told, facts=request)

    proof = run_proof.of_window(order, request)

    assert proof is not None
    assert proof.differences == []
    assert [line.sent for line in proof.lines if line.name == "buyer_tel"] == ["424242******4242"]


def test_there_is_no_proof_of_what_was_not_sent(desk, user, plan):
    order = place_order(desk, user, plan, "inicis", run_id="run_1")

    assert run_proof.of_window(order, {}) is None
    assert run_proof.of_read(order, "", {}) is None
    assert run_proof.of_charge(None, {}) is None
