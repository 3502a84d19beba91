"""Every place that takes a card number reads it as the service does: its first sixteen digits."""

import pytest

LONG = [
    "4242-4242-4242-4242-1234",
    "4242 4242 4242 4242 1",
    "42424242424242421234567",
]


def onetime(api, number):
    order = {"pg": "jtnet", "merchant_uid": "once-1", "amount": 9900}
    return api.post("/subscribe/payments/onetime", card_number=number, expiry="2099-12", **order).response


def issued(api, number):
    return api.issue(card_number=number).response


def scheduled(api, number):
    booked = {"merchant_uid": "month-1", "schedule_at": 1_800_086_400, "amount": 9900, "name": "원두"}
    api.post(
        "/subscribe/payments/schedule",
        customer_uid="card-1",
        card_number=number,
        expiry="2099-12",
        schedules=[booked],
    )
    return api.get("/subscribe/customers/card-1").response


@pytest.mark.parametrize("number", LONG)
@pytest.mark.parametrize("send", [onetime, issued, scheduled])
def test_a_request_is_read_to_the_sixteenth_digit(api, send, number):
    assert send(api, number)["card_number"] == "424242******4242"


@pytest.mark.parametrize("number", LONG)
def test_a_window_is_read_to_the_sixteenth_digit(api, payer, number):
    imp_uid = payer.approve(payer.open(merchant_uid="issue-1", customer_uid="card-1"), number)

    assert api.get(f"/payments/{imp_uid}").response["status"] == "paid"
    assert api.get("/subscribe/customers/card-1").response["card_number"] == "424242******4242"


def test_digits_after_the_sixteenth_make_no_test_card_of_another_number(api):
    assert api.issue(card_number="4242-4242-4242-4241-4242").code == -1


def test_a_number_of_another_family_is_read_whole(api, payer):
    account = {"pg": "chai", "pay_method": "trans", "m_redirect_url": "http://shop.test/"}
    opened = payer.open(merchant_uid="issue-1", customer_uid="account-1", **account)

    imp_uid = payer.approve(opened, "110-4242-4242420-00000")

    assert api.get(f"/payments/{imp_uid}").response["status"] == "failed"
