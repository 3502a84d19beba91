"""The samples of `/docs`: each runs unchanged, once the records that it names exist."""

import argparse
import html
import re
import shlex
from dataclasses import replace

import pytest

from sandbox.openapi.description import LEVERS, SERVICE
from sandbox.openapi.samples import YOUR_SECRET

SAMPLE = re.compile(r'<details id="([^"]+)">(?:(?!<details).)*?<code class="sample">(.*?)</code>', re.DOTALL)
NO_PAYMENT, NO_PRODUCT = "imp_000000000000", "2083312345678901"
"""Ids in the samples that the sandbox creates, so that no sample can know them."""

KEY = "POST /subscribe/customers/{customer_uid}"
CHARGE = "POST /subscribe/payments/again"
SCHEDULE = "POST /subscribe/payments/schedule"
UNSCHEDULE = "POST /subscribe/payments/unschedule"
ACCOUNT = "POST /vbanks"
DEPOSIT = "POST /control/deposits"
CHECK = "POST /certifications/otp/request"
CONFIRM = "POST /certifications/otp/confirm/{imp_uid}"
SHIPMENT = "POST /escrows/logis/{imp_uid}"
ORDER = "POST /control/naver/orders"

BEFORE = [
    (rf"{re.escape(KEY)}|POST /subscribe/payments/(onetime|foreign)|{ACCOUNT}", ()),
    (r".*/(retry|reschedule)", (KEY, SCHEDULE, UNSCHEDULE)),
    (r".*/schedule/{merchant_uid}|.*/unschedule", (KEY, SCHEDULE)),
    (r"(PUT|GET) /payments/prepare.*", ("POST /payments/prepare",)),
    (r"POST /control/deposits|.* /vbanks/.*", (ACCOUNT,)),
    (r"POST /receipts/{imp_uid}", (ACCOUNT, DEPOSIT)),
    (r".* /receipts/{imp_uid}", (ACCOUNT, DEPOSIT, "POST /receipts/{imp_uid}")),
    (r"(GET|DELETE) /receipts/external/.*", ("POST /receipts/external/{merchant_uid}",)),
    (re.escape(CONFIRM), (CHECK,)),
    (r".* /certifications/{imp_uid}", (CHECK, CONFIRM)),
    (re.escape(SHIPMENT), ("escrow",)),
    (r".* /escrows/logis/{imp_uid}", ("escrow", SHIPMENT)),
    (r".*/payco/.*", ("payco",)),
    (r".*/naver/(point|confirm|cash-amount)", ("naverpay",)),
    (r"POST /paymentwall/delivery", ("paymentwall",)),
    (r".*/balance", ("kcp_billing",)),
    (r".*/naver/.*", ("any step", ORDER)),
    (r"DELETE /control/merchants/{code}", ("POST /control/merchants",)),
    (r".*/webhooks/(deliver|forge)", ("webhook address", KEY, CHARGE)),
    (r".*{(imp_uid|status)}.*|GET /payments.*|.*/cancel", (KEY, CHARGE)),
    (r".*", (KEY,)),
]
"""Calls → the steps before them, each a sample or a name below. The first matching line counts."""

WINDOWS = {
    "escrow": {"escrow": True},
    "payco": {"pg": "payco"},
    "naverpay": {
        "pg": "naverpay", "m_redirect_url": "http://shop.test/", "naverProductCode": "a", "naverProductCount": 1,
    },
    "paymentwall": {"pg": "paymentwall", "buyer_email": "mae@example.com", "buyer_name": "Mae Dal"},
    "kcp_billing": {"pg": "kcp_billing"},
}  # fmt: skip


CURL = argparse.ArgumentParser()
CURL.add_argument("url")
CURL.add_argument("-X", dest="method", default="GET")
CURL.add_argument("-G", dest="in_query", action="store_true")
CURL.add_argument("-H", dest="headers", action="append", default=[])
CURL.add_argument("-d", "--data-urlencode", dest="data", action="append", default=[])


class Reader:
    """A reader with a token who pastes samples, and replaces the ids shown by those of the previous answer."""

    def __init__(self, api, payer, samples: dict[str, str]) -> None:
        self.api, self.payer, self.samples = api, payer, samples
        self.ids = {NO_PAYMENT: NO_PAYMENT, NO_PRODUCT: NO_PRODUCT}

    def do(self, step: str) -> None:
        if step in WINDOWS:
            window = self.payer.open(**{"merchant_uid": "order-1", **WINDOWS[step]})
            number = "010-4242-4242" if WINDOWS[step].get("pg") in ("payco", "naverpay") else "4242-4242-4242-4242"
            self.ids[NO_PAYMENT] = self.payer.approve(window, number)
        elif step == "any step":
            self.api.client.post("/control/levers", json={"naver_any_step": True})
        elif step == "webhook address":
            # No server listens there, and the sample needs none.
            self.api.client.patch("/control/merchants/imp00000000", json={"webhook_url": "http://127.0.0.1:9/"})
        else:
            self._remember(self.paste(step).json)

    def paste(self, call: str):
        """Send what curl would send, and return the answer."""
        line = self.samples[call].replace("$TOKEN", self.api.headers["Authorization"])
        for shown, real in self.ids.items():
            line = line.replace(shown, real)
        curl = CURL.parse_args(shlex.split(line)[1:])
        headers = dict(header.split(": ") for header in curl.headers)
        fields = {} if "Content-Type" in headers else dict(pair.split("=", 1) for pair in curl.data)
        sent = {"query_string": fields} if curl.in_query else {"data": fields or "".join(curl.data)}
        return self.api.client.open(curl.url, method=curl.method, headers=headers, **sent)

    def _remember(self, answer) -> None:
        record = (answer.get("response") or {}) if "response" in answer else answer
        if isinstance(record, dict) and "imp_uid" in record:
            self.ids[NO_PAYMENT] = record["imp_uid"]
            for product in record.get("product_orders", ()):
                self.ids[NO_PRODUCT] = product["product_order_id"]


@pytest.fixture(scope="module")
def samples(long_lived) -> dict[str, str]:
    """Return call → its shell line. The page takes long to render, and is the same for every sandbox of these tests."""
    calls = {operation.id: operation.call for operation in (*SERVICE, *LEVERS)}
    return {calls[one]: html.unescape(line) for one, line in SAMPLE.findall(long_lived.get("/docs").text)}


@pytest.fixture
def reader(api, payer, samples) -> Reader:
    return Reader(api, payer, samples)


@pytest.mark.parametrize("operation", [*SERVICE, *LEVERS], ids=lambda operation: operation.id)
def test_a_sample_runs_as_it_is(reader, operation):
    for step in next(steps for calls, steps in BEFORE if re.fullmatch(calls, operation.call)):
        reader.do(step)

    answer = reader.paste(operation.call)

    assert answer.status_code == operation.status, answer.text
    assert operation.is_lever or answer.json["code"] == 0, answer.text
    assert "None" not in reader.samples[operation.call]
    assert "null" not in reader.samples[operation.call]


def test_the_samples_name_the_key_but_not_the_secret_given_at_the_start(app, config, client, samples, monkeypatch):
    private = replace(config, KEY="my key", SECRET="hush")
    monkeypatch.setitem(app.extensions, "sandbox_config", private)

    page = html.unescape(client.get("/docs").text)

    assert "-d imp_secret=sandbox_secret" in samples["POST /users/getToken"]
    assert f"'imp_key=my key' -d imp_secret={YOUR_SECRET}" in page
    assert "hush" not in page + client.get("/openapi.json").text
