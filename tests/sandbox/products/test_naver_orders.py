"""Naver Pay's order form, where each product of an order has its own state; and Kakao Pay's list of a day."""

import pytest

from sandbox.products.naver_orders import CALLS
from tests.sandbox.conftest import Api

PARCEL = {"delivery_method": "DELIVERY", "delivery_company": "CJGLS", "tracking_number": "1", "dispatched_at": 1}
BACK = {"delivery_method": "RETURN_DESIGNATED"}
TWO = [{"product_name": "원두", "product_amount": 9000, "delivery_amount": 1000}, {"product_amount": 5000}]

SENT = {
    "ship": PARCEL, "ship-exchanged": PARCEL, "request-return": BACK,
    "reject-return": {"memo": "used"}, "withhold-return": {"memo": "fee"},
}  # fmt: skip
"""Call → the fields it needs."""


class Order:
    """An order at Naver, with the steps of its shop and its buyer."""

    def __init__(self, api: Api, **fields: object) -> None:
        self.api = api
        made = api.client.post("/control/naver/orders", json=fields).json
        self.imp_uid, self.ids = made["imp_uid"], [one["product_order_id"] for one in made["product_orders"]]

    def shop(self, call: str, **fields: object):
        return self.api.post(f"/payments/{self.imp_uid}/naver/{call}", **{**SENT.get(call, {}), **fields})

    def buyer(self, step: str) -> int:
        body = {"imp_uid": self.imp_uid, "step": step}
        return self.api.client.post("/control/naver/steps", json=body).status_code

    def go(self, *steps: str) -> None:
        for step in steps:
            http = self.shop(step).http if step in CALLS else self.buyer(step)
            assert http == 200, step

    @property
    def payment(self) -> dict:
        return self.api.get(f"/payments/{self.imp_uid}").response

    @property
    def stands(self) -> list[tuple]:
        products = self.api.get(f"/payments/{self.imp_uid}/naver/product-orders").response
        return [(one["product_order_status"], one["claim_type"], one["claim_status"]) for one in products]


@pytest.fixture
def order(api) -> Order:
    return Order(api)


def test_an_order_at_naver_is_a_payment_announced_to_the_shop(api, receiver, settle):
    order = Order(api, products=TWO, merchant_uid="order-1", buyer_name="김매달", notice_url=receiver.url)
    settle()

    paid = order.payment
    first, second = api.get(f"/payments/{order.imp_uid}/naver/product-orders").response
    assert (paid["pg_provider"], paid["status"], paid["amount"]) == ("naverco", "paid", 15_000)
    assert receiver.next() == {"imp_uid": order.imp_uid, "merchant_uid": "order-1", "status": "paid"}
    assert (first["product_name"], first["product_amount"], first["delivery_amount"]) == ("원두", 9000, 1000)
    assert (first["orderer"]["name"], first["shipping_address"]["name"]) == ("김매달", "김매달")
    assert api.get(f"/naver/product-orders/{second['product_order_id']}").response == second


WAYS = [
    (["place"], ("PAYED", None, None)),
    (["place", "ship"], ("DELIVERING", None, None)),
    (["place", "ship", "receive"], ("DELIVERED", None, None)),
    (["place", "ship", "receive", "decide"], ("PURCHASE_DECIDED", None, None)),
    (["cancel"], ("CANCELED", "CANCEL", "CANCEL_DONE")),
    (["place", "cancel"], ("CANCELED", "CANCEL", "CANCEL_DONE")),
    (["place", "request_cancel"], ("PAYED", "CANCEL", "CANCEL_REQUEST")),
    (["place", "request_cancel", "approve-cancel"], ("CANCELED", "CANCEL", "CANCEL_DONE")),
    (["place", "ship", "request_return"], ("DELIVERED", "RETURN", "RETURN_REQUEST")),
    (["place", "ship", "receive", "request-return", "approve-return"], ("RETURNED", "RETURN", "RETURN_DONE")),
    (["place", "ship", "request-return", "reject-return"], ("DELIVERED", "RETURN", "RETURN_REJECT")),
    (["place", "ship", "request-return", "withhold-return", "resolve-return", "approve-return"],
     ("RETURNED", "RETURN", "RETURN_DONE")),
    (["place", "ship", "receive", "request_exchange"], ("DELIVERED", "EXCHANGE", "COLLECTING")),
    (["place", "ship", "receive", "request_exchange", "collect-exchanged"], ("DELIVERED", "EXCHANGE", "COLLECT_DONE")),
    (["place", "ship", "receive", "request_exchange", "collect-exchanged", "ship-exchanged"],
     ("DELIVERED", "EXCHANGE", "EXCHANGE_REDELIVERING")),
    (["place", "ship", "receive", "request_exchange", "collect-exchanged", "ship-exchanged", "receive"],
     ("EXCHANGED", "EXCHANGE", "EXCHANGE_DONE")),
]  # fmt: skip


@pytest.mark.parametrize(("way", "end"), WAYS, ids=[" ".join(way) for way, _ in WAYS])
def test_a_product_goes_its_way(order, way, end):
    order.go(*way)

    refunded = 10_000 if end[0] in ("CANCELED", "RETURNED") else 0
    assert order.stands == [end]
    assert (order.payment["cancel_amount"], order.payment["status"]) == (refunded, "cancelled" if refunded else "paid")


@pytest.mark.parametrize(
    ("way", "call"),
    [
        *(([], call) for call in CALLS if call not in ("place", "cancel")),
        (["place"], "place"),
        (["place", "ship"], "cancel"),
        (["place", "ship", "request-return", "withhold-return"], "approve-return"),
        (["place", "ship", "receive", "decide"], "request-return"),
        (["cancel"], "cancel"),
    ],
)
def test_a_step_that_is_not_next_is_refused_and_changes_nothing(order, way, call):
    order.go(*way)
    before = order.stands, order.payment

    refused = order.shop(call)

    assert (refused.http, refused.code, refused.response) == (500, -1, None)
    assert (order.stands, order.payment) == before


def test_a_lever_takes_steps_in_any_order_but_refunds_nothing_twice(client, order):
    client.post("/control/levers", json={"naver_any_step": True})

    order.go("ship", "approve-return")

    assert order.stands == [("RETURNED", "RETURN", "RETURN_DONE")]
    assert order.shop("cancel").http == 500


def test_products_are_moved_one_by_one(api):
    order = Order(api, products=TWO)

    one = order.shop("place", product_order_id=order.ids[:1])
    some = order.shop("place")
    none = order.shop("ship", product_order_id=["1"])

    assert (one.http, [moved["product_order_id"] for moved in one.response]) == (200, order.ids[:1])
    assert (some.http, some.code) == (207, 0)
    assert [moved["product_order_id"] for moved in some.response] == order.ids[1:]
    assert none.http == 500


def test_a_cancelled_product_refunds_its_own_price(api):
    order = Order(api, products=TWO)

    order.shop("cancel", product_order_id=order.ids[:1], reason="SOLD_OUT")
    first = order.payment
    order.shop("cancel", product_order_id=order.ids[1:], reason="no such reason")

    assert (first["cancel_amount"], first["cancel_reason"]) == (10_000, "SOLD_OUT")
    assert (order.payment["cancel_amount"], order.payment["cancel_reason"]) == (15_000, "PRODUCT_UNSATISFIED")
    assert [entry["amount"] for entry in order.payment["cancel_history"]] == [10_000, 5000]


def test_what_was_cancelled_otherwise_is_not_refunded_again(api, order):
    api.post("/payments/cancel", imp_uid=order.imp_uid)

    assert order.shop("cancel").http == 500
    assert order.payment["cancel_amount"] == 10_000


@pytest.mark.parametrize(
    ("call", "fields"),
    [
        ("ship", {"delivery_method": None}),
        ("ship", {"delivery_method": "PIGEON"}),
        ("ship", {"delivery_company": None}),
        ("ship", {"tracking_number": None}),
        ("ship", {"dispatched_at": None}),
        ("ship-exchanged", {"delivery_method": None}),
        ("request-return", {"delivery_method": "DELIVERY"}),
        ("request-return", {"delivery_method": "RETURN_DELIVERY"}),
        ("reject-return", {"memo": None}),
        ("withhold-return", {"memo": None}),
    ],
)
def test_a_call_without_what_it_needs_is_malformed(order, call, fields):
    assert order.shop(call, **fields).http == 400


def test_only_a_parcel_needs_a_number(order):
    order.go("place")

    assert order.shop("ship", delivery_method="NOTHING", delivery_company=None, tracking_number=None).http == 200


def test_others_orders_and_other_payments_are_not_found(api, client, order):
    api.issue()
    card = api.charge("order-1").response["imp_uid"]
    other = client.post("/control/merchants", json={}).json
    stranger = Api(client, other["key"], other["secret"])

    assert stranger.post(f"/payments/{order.imp_uid}/naver/place").http == 404
    assert stranger.get(f"/payments/{order.imp_uid}/naver/product-orders").http == 404
    assert stranger.get(f"/naver/product-orders/{order.ids[0]}").http == 404
    assert api.get("/naver/product-orders/1").http == 404
    assert api.post(f"/payments/{card}/naver/place")[:2] == (200, -1)
    assert api.get(f"/payments/{card}/naver/product-orders")[:2] == (200, -1)


@pytest.mark.parametrize("kind", ["general", "premium"])
def test_what_was_kept_has_a_review(api, clock, order, kind):
    kept, _ = Order(api), Order(api)
    kept.go("place", "ship", "receive", "decide")

    (review,) = api.get(f"/naver/reviews?from={clock()}&to={clock()}&review_type={kind}").response

    assert review["product_order_id"] == kept.ids[0]
    assert (review["created_at"], review["content"] is None) == (clock(), kind == "general")
    assert api.get(f"/naver/reviews?from={clock() + 1}&to={clock() + 2}&review_type={kind}").response == []


@pytest.mark.parametrize(
    "query", ["", "from=1&to=2", "from=1&to=2&review_type=long", "from=a&to=2&review_type=general"]
)
def test_reviews_need_a_time_and_a_type(api, query):
    assert api.get(f"/naver/reviews?{query}").http == 400


@pytest.mark.parametrize(
    "fields",
    [{"products": "coffee"}, {"products": [1]}, {"products": [{}] * 21}, {"products": [{"quantity": 0}]},
     {"merchant_uid": "order-1"}],
)  # fmt: skip
def test_an_impossible_order_is_refused(api, client, fields):
    Order(api, merchant_uid="order-1")

    assert client.post("/control/naver/orders", json=fields).status_code == 400


def test_no_window_opens_and_no_shop_has_a_channel_there(api, client, payer):
    assert payer.open(merchant_uid="order-1", pg="naverco").json["error_code"] == "NOT_READY"
    assert client.post("/control/merchants", json={"channels": ["naverco"]}).status_code == 400
    assert "naverco" not in {setting["pg_provider"] for setting in api.get("/users/pg").response}


# Kakao Pay ------------------------------------------------------------------------------------------------


@pytest.fixture
def today(api, payer, clock) -> str:
    """Issue a key at Kakao Pay, charge it twice and cancel a part of one. Return the day in Seoul."""
    payer.approve(
        payer.open(
            merchant_uid="issue-1", customer_uid="kakao", pg="kakaopay", amount=0, m_redirect_url="http://a.test"
        ),
        "010-4242-4242",
    )
    api.charge("order-1", customer_uid="kakao")
    api.charge("order-2", customer_uid="kakao", tax_free=800)
    api.post("/payments/cancel", merchant_uid="order-2", amount=900, tax_free=500)
    return "20270115"


def test_kakao_pay_lists_a_day(api, today):
    listed = api.get(f"/kakao/payment/orders?payment_request_date={today}").response

    assert listed["page"] == {
        "current_page": 1, "current_size": 3, "total_pages": 1, "total_size": 3, "first": True, "last": True,
    }  # fmt: skip
    assert [(order["partner_order_id"], order["status"]) for order in listed["orders"]] == [
        ("issue-1", "ISSUED_SID"),
        ("order-1", "SUCCESS_PAYMENT"),
        ("order-2", "PART_CANCEL_PAYMENT"),
    ]
    amounts = {
        "amount": (9900, 800, 827),
        "canceled_amount": (900, 500, 36),
        "cancel_available_amount": (9000, 300, 791),
    }
    for name, (total, tax_free, vat) in amounts.items():
        assert listed["orders"][2][name] == {"total": total, "tax_free": tax_free, "vat": vat, "discount": 0}


def test_kakao_pay_knows_nothing_of_other_days_shops_and_pages(api, today):
    for query in (
        "payment_request_date=20270116",
        f"payment_request_date={today}&cid=CT1",
        f"payment_request_date={today}&page=2",
    ):
        assert api.get(f"/kakao/payment/orders?{query}").response["orders"] == []
    assert api.get("/kakao/payment/orders?payment_request_date=today").http == 400
    assert api.get("/kakao/payment/orders").http == 400
