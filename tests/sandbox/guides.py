"""The PGs' own guides as data, to check the sandbox's profiles, and a shop that follows one of them."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.sandbox.conftest import Answer, Api
from tests.sandbox.shop import APPROVED, APPROVED_ACCOUNT, APPROVED_PHONE, LANDING, Markup, action, sdk_call

DAY = 86_400

BUYER = {"buyer_name": "Gildong Hong", "buyer_email": "gildong@example.com", "buyer_tel": "010-0000-0000"}


class Guide(NamedTuple):
    """How one PG issues a key in its window, and what it requires to charge the key."""

    pg: str
    effect: str
    """What happens to an amount above 0: `shown`, `charged`, or `key_only` at a PG that ignores it."""
    zero: str
    """What happens for an amount of 0: `key_only` or `refused`."""
    pc: str
    mobile: str
    """The form of the window: over the page (`layer`), beside it (`popup`), or in its place (`page`)."""
    payload: str = "full"
    """The result that the browser receives: `full`, or `ids` without `success`."""
    number: str = APPROVED
    pay_method: str | None = "card"
    issue: Mapping[str, Any] = {}
    """Parameters of the window besides the buyer, a name, an amount and `m_redirect_url`."""
    recorded: str = ""
    """The `pay_method` of the record, where it differs from the one that was sent."""
    again: Mapping[str, Any] = {}
    """Fields of a charge besides `customer_uid`, `merchant_uid`, `amount` and `name`."""
    ui_type: str = ""
    levers: Mapping[str, Any] = {}
    """Levers without which the key cannot be charged."""
    hides: tuple[str, ...] = ()
    """Devices whose window shows no amount."""


MEMBER = {"customer_id": "matthew"}
USD = {"currency": "USD", "amount": 49.99}
PHONE: dict[str, Any] = {"number": APPROVED_PHONE, "pay_method": "phone"}
WALLET: dict[str, Any] = {"number": APPROVED_PHONE}
IDS: dict[str, Any] = {"payload": "ids"}

GUIDES = {
    "inicis": Guide("html5_inicis", "shown", "key_only", "layer", "page", hides=("mobile",)),
    "jtnet": Guide("jtnet", "charged", "key_only", "layer", "page"),
    "chai": Guide("chai", "shown", "key_only", "page", "page", number=APPROVED_ACCOUNT, pay_method="trans"),
    "paymentwall": Guide(
        *("paymentwall", "charged", "refused", "layer", "page"),
        issue=USD,
        again={**USD, "buyer_email": BUYER["buyer_email"], "browser_ip": "192.0.2.1"},
    ),
    "danal-card": Guide("danal_tpay", "charged", "key_only", "layer", "layer"),
    "danal-phone": Guide("danal", "charged", "refused", "layer", "layer", **PHONE),
    "kcp": Guide("kcp_billing", "shown", "key_only", "layer", "page", hides=("pc",)),
    "kicc": Guide("kicc", "shown", "key_only", "layer", "page"),
    "payco": Guide("payco", "shown", "key_only", "layer", "layer", **WALLET),
    "kakaopay": Guide("kakaopay", "charged", "key_only", "layer", "page", **WALLET),
    "mobilians-phone": Guide("mobilians", "charged", "refused", "layer", "page", **PHONE),
    "naverpay": Guide(
        *("naverpay", "shown", "refused", "page", "page"),
        **{**WALLET, "pay_method": None},
        recorded="card",
        issue={"naverProductCode": "plan-1", "naverProductCount": 1},
    ),
    "tosspayments": Guide("tosspayments", "shown", "key_only", "layer", "page", **IDS),
    "smartro-v2": Guide("smartro_v2", "shown", "key_only", "layer", "page", **IDS, issue=MEMBER, again=BUYER),
    "welcome-card": Guide("welcome", "shown", "key_only", "layer", "page", **IDS, again={"buyer_name": "Gildong Hong"}),
    "welcome-phone": Guide(
        *("welcome", "charged", "refused", "layer", "page"),
        **IDS,
        **PHONE,
        issue={"digital": False},
        again={"buyer_name": "Gildong Hong"},
    ),
    "settle-acc": Guide(
        "settle_acc", "charged", "key_only", "popup", "page", number=APPROVED_ACCOUNT, pay_method="trans"
    ),
    "tosspay-v2": Guide(
        *("tosspay_v2", "shown", "key_only", "layer", "page"),
        **{**WALLET, "pay_method": "tosspay"},
        issue=MEMBER,
        hides=("pc", "mobile"),
    ),
    "smilepay": Guide("smilepay", "shown", "key_only", "layer", "page", **WALLET),
    "paypal-rt": Guide(
        *("paypal_v2", "key_only", "key_only", "popup", "popup"),
        **IDS,
        **{**WALLET, "pay_method": "paypal"},
        again=USD,
        ui_type="paypal-rt",
        hides=("pc", "mobile"),
    ),
    "mobilians-v2-phone": Guide("mobilians_v2", "charged", "refused", "popup", "page", **PHONE),
    "mobilians-v2-card": Guide(
        *("mobilians_v2", "charged", "key_only", "popup", "page"), issue=MEMBER, levers={"live_channels": True}
    ),
    "galaxia-card": Guide("galaxia", "shown", "key_only", "layer", "page", **IDS, issue=MEMBER),
    "galaxia-phone": Guide("galaxia", "charged", "refused", "layer", "page", **IDS, **PHONE, issue=MEMBER),
    "payletter-global": Guide(
        *("payletter_global", "charged", "refused", "layer", "page"),
        **IDS,
        pay_method=None,
        recorded="card",
        issue=USD,
        again=USD,
    ),
    "nice-v2-easypay": Guide(
        *("nice_v2", "shown", "key_only", "layer", "page"),
        **IDS,
        **{**WALLET, "pay_method": "kakaopay"},
        issue=MEMBER,
    ),
}
"""Id → guide. Where documents disagree, these follow the guides of our shop."""


class Follower:
    """A shop with its own merchant that follows one guide exactly, except where a test changes it."""

    def __init__(self, client: FlaskClient, guide: Guide) -> None:
        self.client, self.guide = client, guide
        merchant = client.post("/control/merchants", json={}).json
        self.code = merchant["code"]
        self.api = Api(client, merchant["key"], merchant["secret"])
        self.pull(**guide.levers)

    def pull(self, **levers: Any) -> None:
        """Set levers of the shop's merchant."""
        answer = self.client.post("/control/levers", json={"merchant_code": self.code, **levers})
        assert answer.status_code == 200, answer.text

    def wait(self, seconds: int) -> None:
        """Advance the merchant's clock by `seconds`."""
        self.client.post("/control/clock", json={"merchant_code": self.code, "advance": seconds})

    def open(self, device: str = "pc", **changes: Any) -> TestResponse:
        """Open a window with the guide's parameters and `changes`."""
        params = {
            "pg": self.guide.pg,
            "pay_method": self.guide.pay_method,
            "merchant_uid": "issue001",
            "customer_uid": "key-1",
            **self.guide.issue,
            **changes,
        }
        call = sdk_call(device, ui_type=self.guide.ui_type, **params)
        return self.client.post("/sdk/payments", json={**call, "merchant_code": self.code})

    def window(self, device: str = "pc", **changes: Any) -> Markup:
        """Open a window and return its page."""
        return Markup(self.client.get(self.open(device, **changes).json["window_url"]).text)

    def press(self, opened: TestResponse, button: str) -> dict[str, Any]:
        """Press a button of the window, and return the result: the callback's object, or the redirect's query."""
        form = {"number": self.guide.number, "identity_code": "123456"}
        answer = self.client.post(action(opened.json["window_url"], button), data=form)
        if opened.json["result"] == "callback":
            return json.loads(Markup(answer.text).attribute("data-result")[0])
        assert answer.location.startswith(f"{LANDING}?")
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.location).query).items()}

    def issue(self, device: str = "pc", **changes: Any) -> str:
        """Issue a key through the window, and return its `imp_uid`."""
        return self.press(self.open(device, **changes), "approve")["imp_uid"]

    def charge(self, merchant_uid: str = "charge001", **changes: Any) -> Answer:
        """Charge the key with the guide's fields and `changes`."""
        return self.api.charge(merchant_uid, **{"customer_uid": "key-1", **self.guide.again, **changes})

    def payment(self, imp_uid: str) -> dict[str, Any]:
        """Return the record of a payment."""
        return self.api.get(f"/payments/{imp_uid}").response

    def key(self) -> Answer:
        """Look up the billing key."""
        return self.api.get("/subscribe/customers/key-1")

    def known_to_pg(self, imp_uid: str) -> dict[str, Any]:
        """Return what the PG knows about a payment and the service does not reveal."""
        return self.client.get(f"/control/payments/{imp_uid}").json
