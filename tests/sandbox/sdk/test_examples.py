"""The pages of the official React and Vue examples: their script and their calls, without the frameworks."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests
from flask import Flask, Response
from playwright.sync_api import ConsoleMessage, Page, expect

from tests.sandbox.merchant import ShopPage, served
from tests.sandbox.shop import APPROVED

pytestmark = pytest.mark.e2e

PAGE = """<!doctype html><html lang="ko"><meta charset="utf-8"><title>Example</title><link rel="icon" href="data:,">
<script src="{script}"></script><button>Subscribe</button>
<p><span role="status" aria-label="Answers">0</span></p><output aria-label="Answer"></output>
<script src="/page.js"></script>"""

CALL = """
let answers = 0;
document.querySelector("button").addEventListener("click", () => {
  const { IMP } = window;
  IMP.init("%(code)s");
  IMP.%(function)s(%(data)s, (response) => {
    document.querySelector("[role=status]").textContent = String(++answers);
    document.querySelector("output").textContent = JSON.stringify(response);
  });
});
"""

REACT, VUE = "iamport.payment-1.1.7.js", "iamport.payment-1.1.8.js"

REACT_PAYMENT = {
    "pg": "html5_inicis",
    "pay_method": "card",
    "merchant_uid": "min_1700000000000",
    "name": "아임포트 결제 데이터 분석",
    "amount": "39000",
    "buyer_name": "홍길동",
    "buyer_tel": "01012341234",
    "buyer_email": "example@example.com",
}
VUE_PAYMENT = {
    "pay_method": "card",
    "merchant_uid": "mid_1700000000000",
    "name": "아임포트 VueJS 테스트 결제",
    "amount": "1000",
    "buyer_name": "홍길동",
    "buyer_email": "example@example.com",
    "buyer_addr": "서울시 강남구 신사동 661-16",
    "buyer_postcode": "06010",
    "niceMobileV2": True,
    "display": {"card_quota": "0"},
}
"""Without `buyer_tel`: the form's field is `buyerPhone`, and the page reads `buyerTel`."""


@pytest.fixture
def example(page: Page, sandbox_url: str) -> Iterator[Callable[..., ShopPage]]:
    """Return a function that opens the page of an example, whose button makes the call."""
    with ExitStack() as servers:

        def opened(script: str, data: dict[str, Any], *, code: str, function: str = "request_pay") -> ShopPage:
            requests.post(f"{sandbox_url}/control/merchants", json={"code": code}, timeout=10)
            call = CALL % {"code": code, "function": function, "data": json.dumps(data)}
            app = Flask(__name__)
            app.get("/", endpoint="page")(lambda: PAGE.format(script=f"{sandbox_url}/js/{script}"))
            app.get("/page.js", endpoint="script")(lambda: Response(call, mimetype="text/javascript"))
            shop = ShopPage(page, servers.enter_context(served(app)))
            page.goto(shop.url)
            return shop

        yield opened


def test_the_react_example_pays_an_amount_that_is_text(example):
    shop = example(REACT, REACT_PAYMENT, code="imp19424728").subscribe()
    shop.window.get_by_role("button", name=APPROVED).click()
    shop.window.get_by_role("button", name="결제하고 계속").click()

    expect(shop.answers).to_have_text("1")
    assert (shop.answer["success"], shop.answer["paid_amount"]) == (True, 39000)
    assert shop.answer["merchant_uid"] == REACT_PAYMENT["merchant_uid"]


def test_the_vue_example_opens_at_a_pg_that_needs_no_telephone_number(example):
    shop = example(VUE, {"pg": "jtnet", **VUE_PAYMENT}, code="imp00000001").subscribe()

    expect(shop.window.get_by_text("1,000원")).to_be_visible()


def test_the_vue_example_as_shipped_lacks_the_telephone_number_that_inicis_needs(example):
    shop = example(VUE, {"pg": "html5_inicis", **VUE_PAYMENT}, code="imp10391932").subscribe()

    expect(shop.answers).to_have_text("1")
    assert shop.answer["error_code"] == "F0004"
    assert "buyer_tel" in shop.answer["error_msg"]


@pytest.mark.parametrize(
    ("script", "data"),
    [
        (REACT, {"merchant_uid": "min_1700000000000", "name": "홍길동", "phone": "01012341234", "min_age": "19"}),
        (VUE, {"merchant_uid": "mid_1700000000000", "company": "SIOT", "carrier": "SKT"}),
    ],
)
def test_the_identity_checks_of_both_examples_open(example, script, data):
    shop = example(script, data, code="imp10391932", function="certification")
    with shop.page.expect_popup() as opened:
        shop.subscribe()
    window = opened.value
    window.get_by_role("button", name="테스트 정보로 채우기").click()
    window.get_by_role("button", name="확인").click()

    expect(shop.answers).to_have_text("1")
    assert shop.answer["success"] is True


def test_the_console_names_the_parameters_without_effect(example):
    shop = example(VUE, {"pg": "jtnet", "buyer_adrr": "Seoul", **VUE_PAYMENT}, code="imp00000001")
    said: list[ConsoleMessage] = []
    shop.page.on("console", lambda message: said.append(message))
    shop.subscribe()

    expect(shop.layer).to_be_visible()
    assert [(message.type, message.text) for message in said] == [
        ("warning", "IMP: unknown parameters, perhaps misspelt: buyer_adrr"),
        ("info", "IMP: parameters without effect in the sandbox: display, niceMobileV2"),
    ]
