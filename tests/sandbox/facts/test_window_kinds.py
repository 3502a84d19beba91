"""Every PG by kind of window and `pay_method`: what a window without `customer_uid` takes, and what one with it takes.

The table is from the PGs' own documents, not from the sandbox's profiles.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from sandbox.facts import pgs
from tests.sandbox.guides import GUIDES, Follower


class Kind(NamedTuple):
    """The window of one guide's PG that only pays."""

    needs: Mapping[str, Any] = {}
    """Parameters without which it does not open, besides `merchant_uid` and `amount`."""
    pay_method: str | None = None
    """What selects the product; None where the PG demands it (then it is in `needs`), or takes `card` for granted."""
    outside: tuple[str, ...] = ()
    """Values of `pay_method` that the PG takes, and the sandbox does not play."""
    refused: tuple[str, ...] = ()
    """Values that the PG does not take."""


TEL = {"buyer_tel": "010-0000-0000"}
NAME = {"name": "Coffee"}
BUYER = {"buyer_name": "Gildong Hong"}
EMAIL = {"buyer_email": "gildong@example.com"}
CARD, PHONE = {"pay_method": "card"}, {"pay_method": "phone"}
BANK = ("trans", "vbank")

ORDINARY = {
    "inicis": Kind(TEL, outside=(*BANK, "phone", "kakaopay", "samsung"), refused=("tmoney",)),
    "jtnet": Kind(outside=(*BANK, "phone"), refused=("tmoney",)),
    "chai": Kind({"m_redirect_url": "http://shop.test/landing"}, "trans", refused=("card", "vbank")),
    "paymentwall": Kind({**EMAIL, **BUYER}, outside=("trans", "what the country has")),
    "danal-card": Kind(TEL, outside=(*BANK, "cultureland"), refused=("tmoney",)),
    "danal-phone": Kind({}, "phone", refused=("card", "vbank")),
    "kcp": Kind(refused=("vbank",)),
    "kicc": Kind(TEL, outside=(*BANK, "phone"), refused=("tmoney",)),
    "payco": Kind(),
    "kakaopay": Kind(),
    "mobilians-phone": Kind({}, "phone", outside=("card",), refused=("vbank",)),
    "naverpay": Kind(),
    "tosspayments": Kind(BUYER, outside=(*BANK, "phone", "tosspay"), refused=("tmoney",)),
    "smartro-v2": Kind({**CARD, **TEL}, outside=(*BANK, "phone", "pinpay"), refused=("tmoney",)),
    "welcome-card": Kind({**CARD, **BUYER, **TEL}, outside=(*BANK, "lpay"), refused=("tmoney",)),
    "welcome-phone": Kind({**BUYER, **TEL, "digital": True}, "phone", outside=BANK, refused=("tmoney",)),
    "settle-acc": Kind({"pay_method": "trans", **TEL}, refused=("card", "vbank")),
    "tosspay-v2": Kind({"pay_method": "tosspay"}, outside=("tosspay_card", "tosspay_money"), refused=("card",)),
    "smilepay": Kind(),
    "mobilians-v2-card": Kind(CARD, outside=(*BANK, "payco"), refused=("tmoney",)),
    "mobilians-v2-phone": Kind(PHONE, outside=BANK, refused=("tmoney",)),
    "galaxia-card": Kind({**NAME, **BUYER, **EMAIL}, outside=(*BANK, "kakaopay", "tmoney"), refused=("pinpay",)),
    "galaxia-phone": Kind({**NAME, **BUYER, **EMAIL}, "phone", outside=BANK, refused=("pinpay",)),
    "payletter-global": Kind({**NAME, **EMAIL, "currency": "USD"}),
    "nice-v2-easypay": Kind(
        {"pay_method": "kakaopay", **NAME, **TEL}, outside=("card", *BANK, "phone", "applepay"), refused=("tmoney",)
    ),
}
"""By guide id. PayPal's window that only pays has a button of its own, which the sandbox does not draw."""

guides = pytest.mark.parametrize("guide_id", ORDINARY)


def cases(column: str) -> list[tuple[str, str]]:
    return [(guide_id, value) for guide_id, kind in ORDINARY.items() for value in getattr(kind, column)]


def open_ordinary(client, guide_id: str, device: str = "pc", strict: bool = False, **changes: Any):
    """Open a window without `customer_uid` and with nothing but what the PG demands."""
    shop = Follower(client, GUIDES[guide_id])
    shop.pull(strict=strict)
    kind = ORDINARY[guide_id]
    params = {"merchant_uid": "order001", "amount": 1000, "pay_method": kind.pay_method, **kind.needs, **changes}
    call = {"pg": shop.guide.pg, **{name: value for name, value in params.items() if value is not None}}
    body = {"merchant_code": shop.code, "device": device, "origin": "http://shop.test", "params": call}
    return client.post("/sdk/payments", json=body)


def test_every_pg_that_opens_such_a_window_is_walked():
    assert {profile.id for profile in pgs.PROFILES} - set(ORDINARY) == {"paypal-rt"}


@guides
def test_it_opens_with_what_the_pg_demands_and_charges_the_amount(long_lived, guide_id):
    opened = open_ordinary(long_lived, guide_id)

    assert opened.status_code == 201, opened.json
    assert 'data-effect="charged"' in long_lived.get(opened.json["window_url"]).text


@pytest.mark.parametrize(("guide_id", "missing"), cases("needs"))
def test_it_does_not_open_without_what_the_pg_demands(long_lived, guide_id, missing):
    refusal = open_ordinary(long_lived, guide_id, **{missing: None})

    assert (refusal.status_code, refusal.json["error_code"]) == (400, "F0004")
    assert missing in refusal.json["error_msg"]


@guides
@pytest.mark.parametrize("amount", [None, 0])
def test_it_does_not_open_without_an_amount(long_lived, guide_id, amount):
    refusal = open_ordinary(long_lived, guide_id, amount=amount)

    assert (refusal.status_code, refusal.json["error_code"]) == (400, "F0004")
    assert "amount" in refusal.json["error_msg"]


@pytest.mark.parametrize(("guide_id", "pay_method"), cases("outside"))
def test_what_only_the_sandbox_lacks_is_not_blamed_on_the_pg(long_lived, guide_id, pay_method):
    refusal = open_ordinary(long_lived, guide_id, pay_method=pay_method)

    assert (refusal.status_code, refusal.json["error_code"]) == (400, "SANDBOX")
    assert pay_method in refusal.json["error_msg"]
    assert "지원하지 않는" not in refusal.json["error_msg"]


@pytest.mark.parametrize(("guide_id", "pay_method"), cases("refused"))
def test_what_the_pg_does_not_take_is_refused_in_its_name(long_lived, guide_id, pay_method):
    refusal = open_ordinary(long_lived, guide_id, pay_method=pay_method)

    assert (refusal.status_code, refusal.json["error_code"]) == (400, "F0004")
    assert "지원하지 않는 pay_method" in refusal.json["error_msg"]


@pytest.mark.parametrize(("guide_id", "pay_method"), [*cases("outside"), *cases("refused")])
def test_a_window_that_issues_a_key_takes_neither(long_lived, guide_id, pay_method):
    refusal = Follower(long_lived, GUIDES[guide_id]).open(pay_method=pay_method)

    assert (refusal.status_code, refusal.json["error_code"]) == (400, "F0004")
    assert "빌링키 발급에서 지원하지 않는 pay_method" in refusal.json["error_msg"]


@guides
def test_on_a_phone_it_demands_the_way_back_only_where_the_documents_do(long_lived, guide_id):
    demanded = guide_id in ("chai", "tosspayments", "welcome-card", "welcome-phone", "galaxia-card", "galaxia-phone")

    answer = open_ordinary(long_lived, guide_id, "mobile", m_redirect_url=None)

    assert (answer.status_code == 400) is demanded, answer.json
    assert ("m_redirect_url" in answer.json.get("error_msg", "")) is demanded


@pytest.mark.parametrize(
    ("guide_id", "changes", "status"),
    [
        ("naverpay", {}, 400),
        ("naverpay", {"naverProducts": []}, 400),
        ("naverpay", {"naverProducts": [{"uid": "1"}]}, 201),
        ("welcome-card", {"tax_free": 100, "vat_amount": 90}, 201),
        ("mobilians-v2-card", {"vat_amount": 90}, 201),
        ("kakaopay", {"vat_amount": 90}, 400),
    ],
)
def test_a_strict_sandbox_minds_what_the_documents_say_of_this_kind_of_window(long_lived, guide_id, changes, status):
    assert open_ordinary(long_lived, guide_id, strict=True, **changes).status_code == status


@pytest.mark.parametrize("guide_id", ["danal-phone", "mobilians-phone", "welcome-phone"])
def test_only_a_window_that_issues_a_key_speaks_of_monthly_charges(long_lived, guide_id):
    payment = long_lived.get(open_ordinary(long_lived, guide_id).json["window_url"]).text
    issue = Follower(long_lived, GUIDES[guide_id]).window().text

    assert "한 달에 한 번" not in payment
    assert "한 달에 한 번" in issue
