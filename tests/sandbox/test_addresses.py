"""An id in a URL names its record, whatever characters it contains."""

from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from tests.sandbox.conftest import Api

IDS = ["2026/11/21-1", "http://", "/", "//", "a%2Fb", "a%252Fb", "100%", "주문/1", "a b?c=d#e+f"]


@pytest.fixture
def shop(api: Api) -> Api:
    api.issue()
    return api


@pytest.mark.parametrize("merchant_uid", IDS)
def test_a_payment_is_found_by_whatever_it_was_charged_under(shop, merchant_uid):
    paid = shop.charge(merchant_uid).response
    address = quote(merchant_uid, safe="")

    assert paid["merchant_uid"] == merchant_uid
    assert shop.get(f"/payments/find/{address}").response == paid
    assert shop.get(f"/payments/find/{address}/paid/").response == paid
    assert shop.get(f"/payments/findAll/{address}?page=1").response["list"] == [paid]


def test_a_quoted_slash_and_a_quoted_quote_of_it_are_two_ids(shop):
    slash, quoted = (shop.charge(uid).response["imp_uid"] for uid in ("a/b", "a%2Fb"))

    assert shop.get("/payments/find/a%2Fb").response["imp_uid"] == slash
    assert shop.get("/payments/find/a%2fb").response["imp_uid"] == slash
    assert shop.get("/payments/find/a%252Fb").response["imp_uid"] == quoted


@pytest.mark.parametrize("customer_uid", IDS)
def test_a_key_is_found_by_whatever_it_was_issued_under(api, customer_uid):
    address = quote(customer_uid, safe="")

    issued = api.post(f"/subscribe/customers/{address}", card_number="4242-4242-4242-4242", expiry="2099-12")

    assert issued.response["customer_uid"] == customer_uid
    assert api.get(f"/subscribe/customers/{address}").response == issued.response


@pytest.mark.parametrize("path", ["receipts/external/http%3A%2F%2F", "receipts/external/http://", "payments//imp_0"])
def test_slashes_in_a_row_are_answered_in_the_envelope(api, path):
    assert api.get(f"/{path}")[:2] == (404, -1)


def test_an_address_that_came_over_the_wire_is_read_the_same(sandbox_url):
    with pytest.raises(HTTPError, match="401"):  # without a token; an unknown address would answer 404
        urlopen(f"{sandbox_url}/payments/find/2026%2F11%2F21-1", timeout=5)


def test_a_shop_may_know_the_sandbox_by_an_address_that_ends_in_a_slash(sandbox_url):
    with pytest.raises(HTTPError, match="401"):
        urlopen(f"{sandbox_url}//payments/imp_0", timeout=5)
