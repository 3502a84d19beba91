"""The answers match the official schema, where that schema is available. This file first corrects its mistakes."""

from typing import Any

import jsonschema_rs
import pytest
from flask.testing import FlaskClient

from sandbox.openapi.description import OBJECTS, SERVICE
from tests.sandbox.conftest import Answer, Api, Clock, Payer
from tests.sandbox.openapi.parcels import DELIVERY
from tests.sandbox.openapi.walk import our_path

NOT_IN_THE_SCHEMA = {
    "POST /subscribe/payments/foreign",  # retired
    "GET /vbanks/holder",  # retired; its object is still defined
    "GET /kakao/payment/orders",  # retired; its object is still defined
    "GET /payments/find/{merchant_uid}",  # in the schema the status is an optional part of the path
    "GET /payments/findAll/{merchant_uid}",
}

PAGED = ("/subscribe/payments/schedule", "/subscribe/payments/schedule/customers/{customer_uid}")
PAGED_TOO = ("/subscribe/customers/{customer_uid}/schedules",)
"""Lists that the schema types as arrays but describes as pages. The interface files and clients read pages."""

KEYS = {
    "Payment": "PaymentAnnotation",
    "Customer": "CustomerAnnotation",
    "Schedule": "ScheduleResultAnnotation",
    "Channel": "PgSettingAnnotation",
    "Balance": "PaymentBalanceResponseAnnotation",
    "Certification": "CertificationAnnotation",
    "Receipt": "ReceiptAnnotation",
    "ExternalReceipt": "ExternalReceiptAnnotation",
    "Shipment": "EscrowLogisAnnotation",
    "CashAmount": "NaverCashAmountAnnotation",
    "ProductOrder": "NaverProductOrderAnnotation",
    "Orderer": "NaverOrderer",
    "Address": "NaverAddress",
    "Review": "NaverReviewAnnotation",
}
"""Our name for an object → the schema's."""


def mended(definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the schema's objects as the service fills them."""
    mended = {name: _mended(definition) for name, definition in definitions.items()}
    # The schema requires the keys of a page from an object that is not a page.
    mended["PaymentPrepareAnnotation"]["required"] = ["merchant_uid", "amount"]
    # Accounts, phones and wallets have no card, and a cancel needs no reason.
    mended["CustomerAnnotation"]["properties"]["card_name"]["type"] = ["string", "null"]
    mended["PaymentCancelAnnotation"]["properties"]["reason"]["type"] = ["string", "null"]
    # Success has no message.
    mended["ResponseAnnotation"]["properties"]["message"]["type"] = ["string", "null"]
    page = {"type": "array", "items": {"$ref": "#/definitions/ScheduleResultAnnotation"}}
    mended["SchedulePage"] = {
        "properties": {**mended["PagedPaymentAnnotation"]["properties"], "list": page},
        "required": ["total", "previous", "next", "list"],
    }
    return mended


def _mended(schema: Any) -> Any:
    """Make a schema with properties an object, turn bounds into numbers, and allow null in fields not required."""
    if isinstance(schema, list):
        return [_mended(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: _mended(value) for name, value in schema.items() if not name.startswith("x-")}
    if "properties" in inner:
        inner["type"] = "object"
    if isinstance(inner.get("maxLength"), str):
        inner["maxLength"] = int(inner["maxLength"])
    for name, value in (inner.get("properties") or {}).items():
        if name not in inner.get("required", ()) and isinstance(value.get("type"), str):
            value["type"] = [value["type"], "null"]
    return inner


def answer_of(official: dict[str, Any], method: str, path: str, status: str = "200") -> dict[str, Any]:
    """Return the mended schema of an answer."""
    schema = official["paths"][path][method]["responses"][status].get("schema", {})
    # The schema lists the two possible answers as if they were keys of one.
    schema = schema.get("properties", {}).get("CustomerResponse", schema)
    if method == "get" and path in (*PAGED, *PAGED_TOO):
        schema = {"allOf": [{"$ref": "#/definitions/ResponseAnnotation"}, {"properties": {"response": PAGE}}]}
    return {**schema, "definitions": mended(official["definitions"])}


PAGE = {"$ref": "#/definitions/SchedulePage"}


def test_every_call_is_the_schemas(official):
    known = set()
    for path, methods in official["paths"].items():
        known |= {f"{method.upper()} {our_path(path)}" for method in methods}

    ours = {operation.call for operation in SERVICE} - NOT_IN_THE_SCHEMA
    # Naver's calls and PAYCO's are under the schema's own names, too.
    assert ours <= known


@pytest.mark.parametrize(("name", "theirs"), KEYS.items())
def test_an_object_has_every_key_of_the_schema_and_no_other(official, name, theirs):
    keys = set(official["definitions"][theirs]["properties"])

    assert set(OBJECTS[name]) == keys


READ = {
    "/subscribe/payments/schedule": "/subscribe/payments/schedule?schedule_from={now}&schedule_to={soon}",
    "/subscribe/payments/schedule/customers/{customer_uid}": (
        "/subscribe/payments/schedule/customers/card-1?from={now}&to={soon}"
    ),
    "/subscribe/customers/{customer_uid}/schedules": "/subscribe/customers/card-1/schedules?from={now}&to={soon}",
    "/subscribe/payments/schedule/{merchant_uid}": "/subscribe/payments/schedule/later-1",
    "/subscribe/customers": "/subscribe/customers?customer_uid[]=card-1&customer_uid[]=account-1",
    "/subscribe/customers/{customer_uid}": "/subscribe/customers/account-1",
    "/subscribe/customers/{customer_uid}/payments": "/subscribe/customers/card-1/payments",
    "/payments": "/payments?merchant_uid[]=order-1",
    "/payments/{imp_uid}": "/payments/{imp_uid}",
    "/payments/{imp_uid}/balance": "/payments/{kcp}/balance",
    "/payments/find/{merchant_uid}/{payment_status}": "/payments/find/order-1/paid",
    "/payments/findAll/{merchant_uid}/{payment_status}": "/payments/findAll/issue-1/paid",
    "/payments/status/{payment_status}": "/payments/status/all",
    "/payments/prepare/{merchant_uid}": "/payments/prepare/prepared-1",
    "/cards": "/cards",
    "/cards/{card_standard_code}": "/cards/041",
    "/banks": "/banks",
    "/banks/{bank_standard_code}": "/banks/004",
    "/users/pg": "/users/pg",
    "/certifications/{imp_uid}": "/certifications/{person}",
    "/payments/{imp_uid}/naver/product-orders": "/payments/{naver}/naver/product-orders",
    "/naver/product-orders/{product_order_id}": "/naver/product-orders/{product}",
    "/naver/reviews": "/naver/reviews?from={now}&to={soon}&review_type=premium",
}
"""The schema's path → the address that is requested."""

BUYER = {"name": "Coffee", "buyer_name": "Mae", "buyer_email": "mae@example.com", "buyer_tel": "010-0000-0000"}
CARD = {"card_number": "4242-4242-4242-4242", "expiry": "2099-12"}
ACCOUNT = {"vbank_code": "004", "vbank_due": 1_800_003_600, "vbank_holder": "Maedal", "pg_api_key": "key"}
LATER = {"schedule_at": 1_800_000_060, "amount": 1000, "name": "Coffee"}
PERSON = {"name": "김매달", "phone": "010-0000-0000", "birth": "900101", "gender_digit": "1", "carrier": "KT"}

WRITTEN = [
    ("post", "/users/getToken", "/users/getToken", {"imp_key": "sandbox_key", "imp_secret": "sandbox_secret"}),
    ("post", "/subscribe/payments/again", "/subscribe/payments/again",
     {"customer_uid": "card-1", "merchant_uid": "order-2", "amount": 100, "name": "Coffee"}),
    ("post", "/subscribe/payments/onetime", "/subscribe/payments/onetime",
     {"merchant_uid": "once-1", "amount": 1000, **BUYER, **CARD}),
    ("post", "/subscribe/payments/schedule", "/subscribe/payments/schedule",
     {"customer_uid": "card-1", "schedules": [{"merchant_uid": "later-2", **LATER}]}),
    ("post", "/subscribe/payments/unschedule", "/subscribe/payments/unschedule", {"customer_uid": "card-1"}),
    ("put", "/subscribe/payments/schedule/{merchant_uid}", "/subscribe/payments/schedule/later-1",
     {"schedule_at": 1_800_000_120}),
    ("post", "/subscribe/customers/{customer_uid}", "/subscribe/customers/card-2", CARD),
    ("delete", "/subscribe/customers/{customer_uid}", "/subscribe/customers/card-1", {}),
    ("post", "/payments/cancel", "/payments/cancel", {"merchant_uid": "order-1", "amount": 100}),
    ("post", "/payments/prepare", "/payments/prepare", {"merchant_uid": "prepared-2", "amount": 1000}),
    ("put", "/payments/prepare", "/payments/prepare", {"merchant_uid": "prepared-1", "amount": 2000}),
    ("post", "/vbanks", "/vbanks", {"merchant_uid": "vbank-2", "amount": 1000, **ACCOUNT, **BUYER}),
    ("delete", "/vbanks/{imp_uid}", "/vbanks/{vbank}?pg_api_key=key", {}),
    ("post", "/certifications/otp/request", "/certifications/otp/request", PERSON),
    ("post", "/certifications/otp/confirm/{imp_uid}", "/certifications/otp/confirm/{person}", {"otp": "123456"}),
    ("post", "/receipts/external/{merchant_uid}", "/receipts/external/till-1",
     {"name": "Coffee", "amount": 1100, "identifier": "010-0000-0000"}),
    ("post", "/payments/{imp_uid}/naver/place", "/payments/{naver}/naver/place", {}),
    ("post", "/payments/{imp_uid}/naver/cancel", "/payments/{naver}/naver/cancel", {}),
    ("post", "/paymentwall/delivery", "/paymentwall/delivery",
     {"imp_uid": "{usd}", "merchant_uid": "usd-1", **DELIVERY}),
]  # fmt: skip
"""Method and path in the schema, the path that is requested, and the body that is sent."""


@pytest.mark.parametrize(("path", "requested"), READ.items())
def test_what_is_read_is_what_the_schema_says(official, read_shop, path, requested):
    answer = read_shop.send("GET", requested)

    check(official, "get", path, answer)


@pytest.mark.parametrize(("method", "path", "requested", "body"), WRITTEN)
def test_what_is_answered_is_what_the_schema_says(official, shop, method, path, requested, body):
    answer = shop.send(method.upper(), requested, body)

    check(official, method, path, answer)


def test_some_of_several_is_207_as_in_the_schema(official, read_shop):
    answer = read_shop.send("GET", "/payments?merchant_uid[]=order-1&merchant_uid[]=nobody")

    check(official, "get", "/payments", answer, http=207)


def check(official: dict[str, Any], method: str, path: str, answer: Answer, http: int = 200) -> None:
    """Check that the answer is a success in the shape that the schema gives it."""
    envelope = {"code": answer.code, "message": answer.message, "response": answer.response}
    assert (answer.http, answer.code) == (http, 0), answer
    jsonschema_rs.validator_for(answer_of(official, method, path, str(http))).validate(envelope)


class Shop:
    """A merchant that has one of everything. `fill` puts their ids into a text such as `/payments/{imp_uid}`."""

    def __init__(self, api: Api, now: int) -> None:
        self.api = api
        self.ids: dict[str, Any] = {"now": now, "soon": now + 3600}

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        filled = {name: self.fill(value) if isinstance(value, str) else value for name, value in (body or {}).items()}
        return self.api.send(method, self.fill(path), **({"json": filled} if method != "GET" else {}))

    def fill(self, text: str) -> str:
        return text.format(**self.ids)


@pytest.fixture
def shop(client, clock) -> Shop:
    return stocked(client, clock())


@pytest.fixture(scope="module")
def read_shop(long_lived) -> Shop:
    """Return a shop for tests that only read, shared by all of them."""
    return stocked(long_lived, Clock()())


def stocked(client: FlaskClient, now: int) -> Shop:
    api, payer = Api(client), Payer(client)
    shop = Shop(api, now)
    api.issue()
    api.issue("kcp", pg="kcp_billing")
    api.issue("usd", pg="paymentwall", cvc="123", customer_email="mae@example.com", currency="USD")
    usd = {"amount": 10, "currency": "USD", "buyer_email": "mae@example.com", "browser_ip": "192.0.2.1"}
    made = {
        "imp_uid": api.charge("order-1"),
        "kcp": api.charge("kcp-1", customer_uid="kcp"),
        "usd": api.charge("usd-1", customer_uid="usd", **usd),
        "vbank": api.post("/vbanks", merchant_uid="vbank-1", amount=1000, **ACCOUNT, **BUYER),
        "person": api.post("/certifications/otp/request", **PERSON),
    }
    shop.ids |= {name: answer.response["imp_uid"] for name, answer in made.items()}
    ordered = api.client.post("/control/naver/orders", json={}).json
    shop.ids |= {"naver": ordered["imp_uid"], "product": ordered["product_orders"][0]["product_order_id"]}
    landing = {"pg": "chai", "pay_method": "trans", "m_redirect_url": "http://shop.test/landing"}
    payer.approve(payer.open(merchant_uid="issue-1", customer_uid="account-1", **landing), "110-4242-424242")
    api.post("/subscribe/payments/schedule", customer_uid="card-1", schedules=[{"merchant_uid": "later-1", **LATER}])
    api.post("/payments/prepare", merchant_uid="prepared-1", amount=1000, currency="KRW")
    return shop
