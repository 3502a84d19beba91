"""Each field of each answer has a value at least once in these samples, unless `nulls.toml` says why it never has."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.facts import nulls
from sandbox.openapi.description import OBJECTS, SERVICE
from tests.sandbox.conftest import Api, Payer
from tests.sandbox.openapi.parcels import DELIVERY
from tests.sandbox.shop import ORIGIN, action, sdk_call

BUYER = {
    "buyer_name": "Mae Dal", "buyer_email": "mae@example.com", "buyer_tel": "010-0000-0000",
    "buyer_addr": "1 Teheran-ro", "buyer_postcode": "06130", "custom_data": "{}", "name": "Coffee",
}  # fmt: skip
CARD = {"card_number": "4242-4242-4242-4242", "expiry": "2030-12", "customer_id": "mae"}
CUSTOMER = {f"customer_{part}": "Mae" for part in ("name", "tel", "email", "addr", "postcode")}
DECLINES = "4000-0000-0000-0341"
REFUND = {"refund_holder": "Mae", "refund_bank": "088", "refund_account": "1", "reason": "changed my mind"}
PAGE = f"{ORIGIN}/join?step=2"
GIVES = {operation.call: operation.gives for operation in SERVICE}


class Samples:
    """Every kind of record of one shop, as its calls answer them."""

    def __init__(self, api: Api, payer: Payer) -> None:
        self.api, self.payer, self.client = api, payer, api.client
        self.filled: set[tuple[str, str]] = set()

    def call(self, call: str, path: str = "", **fields: Any) -> Any:
        """Make a call, note the fields that its answer fills, and return the answer."""
        method, described = call.split()
        sent = {"query_string" if method in ("GET", "DELETE") else "json": fields}
        answer = self.api.send(method, path or described, **sent)
        assert answer.code == 0, (call, answer)
        self.note(GIVES[call], answer.response)
        return answer.response

    def note(self, kind: str, value: Any) -> None:
        """Note every filled field of a value of this type of `objects.toml`."""
        kind = kind.removesuffix("?")
        if kind.startswith("["):
            for one in value:
                self.note(kind[1:-1], one)
        elif kind in OBJECTS:
            for name, inner in OBJECTS[kind].items():
                if value[name] not in (None, []):
                    self.filled.add((kind, name))
                    self.note(inner, value[name])


def test_every_field_is_filled_or_has_a_reason(api, payer, clock):
    samples = Samples(api, payer)
    for fill in (*OF_BILLING, accounts, identities, escrow, goods, wallets, order_form):
        fill(samples, clock())

    never = {(kind, name) for kind, fields in nulls.NULLS.items() for name in fields}
    every = {(kind, name) for kind, fields in OBJECTS.items() for name in fields}
    assert every - samples.filled == never
    assert all(reason for fields in nulls.NULLS.values() for reason in fields.values())


def token_and_codes(samples: Samples, now: int) -> None:
    samples.call("POST /users/getToken", imp_key="sandbox_key", imp_secret="sandbox_secret")
    for call in ("GET /cards", "GET /banks", "GET /users/pg"):
        samples.call(call)
    samples.call("POST /payments/prepare", merchant_uid="prepared-1", amount=100, currency="KRW")


def keys(samples: Samples, now: int) -> None:
    for customer_uid, card in (("card-1", {}), ("poor", {"card_number": DECLINES})):
        fields = {**CARD, **CUSTOMER, **card, "pg": "tosspayments"}
        samples.call("POST /subscribe/customers/{customer_uid}", f"/subscribe/customers/{customer_uid}", **fields)


def charges(samples: Samples, now: int) -> None:
    again = {"customer_uid": "card-1", "amount": 60_000, "card_quota": 2, **BUYER}
    samples.call("POST /subscribe/payments/again", merchant_uid="order-1", **again)
    samples.call("POST /subscribe/payments/again", merchant_uid="order-2", **{**again, "customer_uid": "poor"})
    samples.call("POST /payments/cancel", merchant_uid="order-1", amount=100, reason="changed my mind")
    samples.call("GET /payments/status/{status}", "/payments/status/all", limit=1, page=2)


def schedules(samples: Samples, now: int) -> None:
    entry = {"amount": 100, "schedule_at": now + 60, "promotion_id": "promotion-id-1", **BUYER}
    for customer_uid in ("card-1", "poor"):
        entries = [{**entry, "merchant_uid": f"{customer_uid}-{number}"} for number in (1, 2)]
        samples.call("POST /subscribe/payments/schedule", customer_uid=customer_uid, schedules=entries)
        samples.call("POST /subscribe/payments/unschedule", customer_uid=customer_uid, merchant_uid=f"{customer_uid}-2")
    samples.client.post("/control/clock", json={"advance": 61})
    span = {"schedule_from": now, "schedule_to": now + 3600, "limit": 1}
    for page in (1, 2, 3, 4):
        samples.call("GET /subscribe/payments/schedule", **span, page=page)


def windows(samples: Samples, now: int) -> None:
    samples.payer.approve(samples.payer.open(merchant_uid="window-1", customer_uid="key-1"), CARD["card_number"])
    samples.payer.approve(samples.payer.open(merchant_uid="kcp-1", pg="kcp_billing", **BUYER), CARD["card_number"])
    landing = {"pg": "chai", "pay_method": "trans", "m_redirect_url": f"{ORIGIN}/landing"}
    samples.payer.approve(samples.payer.open(merchant_uid="bank-1", **landing), "110-4242-424242")
    for merchant_uid in ("window-1", "bank-1"):
        samples.call("GET /payments/find/{merchant_uid}", f"/payments/find/{merchant_uid}")
    imp_uid = samples.call("GET /payments/find/{merchant_uid}", "/payments/find/kcp-1")["imp_uid"]
    samples.call("GET /payments/{imp_uid}/balance", f"/payments/{imp_uid}/balance")


OF_BILLING = (token_and_codes, keys, charges, schedules, windows)


def accounts(samples: Samples, now: int) -> None:
    account = {"vbank_code": "004", "vbank_due": now + 3600, "vbank_num": "1", "vbank_holder": "Mae"}
    order = {"merchant_uid": "vbank-1", "amount": 1000, "pg": "nice_v2", **account, **BUYER}
    imp_uid = samples.call("POST /vbanks", **order)["imp_uid"]
    samples.call("GET /vbanks/holder", bank_code="004", bank_num="1")
    samples.client.post("/control/deposits", json={"imp_uid": imp_uid})
    receipt = {"identifier": "010-0000-0000", "identifier_type": "phone", "type": "person"}
    for call, path in (
        ("POST /receipts/{imp_uid}", f"/receipts/{imp_uid}"),
        ("POST /receipts/external/{merchant_uid}", "/receipts/external/till-1"),
    ):
        samples.call(call, path, name="Coffee", amount=1100, **receipt)
        samples.call(call.replace("POST", "DELETE"), path)


def identities(samples: Samples, now: int) -> None:
    person = {"name": "김매달", "phone": "010-0000-0000", "birth": "900101", "gender_digit": "1", "carrier": "KT"}
    samples.call("POST /certifications/otp/request", merchant_uid="check-1", **person)
    call = {"merchant_code": "imp00000000", "origin": ORIGIN, "page": PAGE, "params": {"merchant_uid": "check-2"}}
    opened = samples.client.post("/sdk/certifications", json=call).json
    samples.client.post(action(opened["window_url"], "identify"), data={**person, "otp": "123456"})
    samples.call("GET /certifications/{imp_uid}", f"/certifications/{opened['imp_uid']}")


def escrow(samples: Samples, now: int) -> None:
    opened = samples.payer.open(merchant_uid="held-1", escrow=True, pg="jtnet")
    path = f"/escrows/logis/{samples.payer.approve(opened, CARD['card_number'])}"
    logis = {"company": "CJGLS", "invoice": "1", "sent_at": now}
    parcel = {"sender": {"name": "a"}, "receiver": {"name": "b"}, "logis": logis}
    samples.call("POST /escrows/logis/{imp_uid}", path, **parcel)


def goods(samples: Samples, now: int) -> None:
    opened = samples.payer.open(merchant_uid="goods-1", pg="paymentwall", **BUYER)
    imp_uid = samples.payer.approve(opened, CARD["card_number"])
    samples.call("POST /paymentwall/delivery", imp_uid=imp_uid, merchant_uid="goods-1", **DELIVERY)


def wallets(samples: Samples, now: int) -> None:
    naver = {"m_redirect_url": f"{ORIGIN}/landing", "naverProductCode": "a", "naverProductCount": 1}
    for pg, params in (("payco", {}), ("naverpay", naver), ("kakaopay", {})):
        opened = samples.payer.open(merchant_uid=f"{pg}-1", customer_uid=pg, pg=pg, **params)
        samples.payer.approve(opened, "010-4242-4242")
        samples.api.charge(f"{pg}-2", customer_uid=pg)
    imp_uids = {pg: samples.api.get(f"/payments/find/{pg}-2").response["imp_uid"] for pg in ("payco", "naverpay")}
    payco = f"/payco/orders/status/{imp_uids['payco']}"
    samples.call("POST /payco/orders/status/{imp_uid}", payco, status="DELIVERY_START")
    for call in ("POST /payments/{imp_uid}/naver/point", "GET /payments/{imp_uid}/naver/cash-amount"):
        samples.call(call, call.split()[1].format(imp_uid=imp_uids["naverpay"]))
    day = datetime.fromtimestamp(now, UTC).strftime("%Y%m%d")
    samples.call("GET /kakao/payment/orders", payment_request_date=day, cid="TCSUBSCRIP")


def order_form(samples: Samples, now: int) -> None:
    samples.client.post("/control/levers", json={"naver_any_step": True})
    ordered = [samples.client.post("/control/naver/orders", json={}).json for _ in range(2)]
    for order, step in zip(ordered, ("decide", "request_cancel"), strict=True):
        samples.client.post("/control/naver/steps", json={"imp_uid": order["imp_uid"], "step": step})
        path = f"/payments/{order['imp_uid']}/naver/product-orders"
        samples.call("GET /payments/{imp_uid}/naver/product-orders", path)
    samples.call("GET /naver/reviews", **{"from": now - 3600, "to": now + 3600, "review_type": "premium"})


def test_an_identity_check_knows_the_page_that_asked_for_it(api, client):
    def origin_of(**page: str) -> str | None:
        call = {"merchant_code": "imp00000000", "params": {"merchant_uid": "check-1"}, **page}
        imp_uid = client.post("/sdk/certifications", json=call).json["imp_uid"]
        return api.get(f"/certifications/{imp_uid}").response["origin"]

    assert origin_of(origin=ORIGIN, page=PAGE) == PAGE
    assert origin_of(origin=ORIGIN, page="https://elsewhere.test/") == ORIGIN
    assert origin_of(origin=ORIGIN) == ORIGIN
    assert origin_of() is None


def test_a_window_knows_the_browser_and_a_charge_by_rest_has_none(api, client):
    opened = client.post("/sdk/payments", json=sdk_call(), headers={"User-Agent": "Browser/1"}).json
    api.issue()

    assert api.get(f"/payments/{opened['imp_uid']}").response["user_agent"] == "Browser/1"
    assert api.charge("order-1").response["user_agent"] is None


@pytest.mark.parametrize(
    ("pg", "issuer"), [("tosspayments", ("365", "삼성카드")), ("welcome", ("365", "삼성카드")), ("jtnet", (None, None))]
)
def test_only_some_pgs_report_who_issued_a_card(api, pg, issuer):
    key = api.issue(pg=pg, customer_name="Mae").response
    payment = api.charge("order-1", buyer_name="Mae").response

    for record in (key, payment):
        assert (record["card_code"], record["card_name"]) == ("365", "삼성카드")
        for whose in ("issuer", "publisher"):
            assert (record[f"card_{whose}_code"], record[f"card_{whose}_name"]) == issuer
