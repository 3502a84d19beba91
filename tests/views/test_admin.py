"""The admin page: what staff see, and that a shopper cannot find out that it exists."""

import re

import pytest

import clock
from services import checkout, payments, subscriptions
from services.checkout import Source
from services.iamport import Refused
from tests.conftest import signed_in
from tests.factories import make_user, place_order, subscribe


@pytest.fixture
def staff(app):
    return signed_in(app, make_user("staff@example.com", is_staff=True))


def test_the_admin_page_does_not_exist_for_shoppers(shopper):
    answer = shopper.get("/admin")

    assert answer.status_code == 404
    assert "/admin" not in shopper.get("/").text


def test_a_visitor_is_asked_to_sign_in(client):
    assert client.get("/admin").location == "/account/sign-in?next=/admin"


def test_staff_see_everybodys_subscriptions(staff, desk, user, plan):
    subscribe(desk, user, plan, now=clock.now())
    subscribe(desk, make_user("minsu@example.com"), plan, card="no_money_later", now=clock.now())

    page = staff.get("/admin").text

    assert "jisoo@example.com" in page
    assert "minsu@example.com" in page


def test_staff_see_how_many_subscriptions_there_are_in_each_state(staff, desk, user, plan):
    for n in range(3):
        subscribe(desk, make_user(f"{n}@example.com"), plan, now=clock.now())
    place_order(desk, user, plan, now=clock.now())
    subscriptions.cancel(desk, subscription=subscriptions.for_staff()[0], now=clock.now())

    assert re.findall(r"</span>\s*(\d+)</li>", staff.get("/admin").text) == ["2", "1"]


def test_staff_count_those_whose_first_payment_was_declined_apart(staff, desk, user, plan):
    subscribe(desk, user, plan, card="no_money_later", now=clock.now())

    page = staff.get("/admin?lang=en").text

    assert re.search(r"Not started</span>\s*1</li>", page)


def test_staff_see_what_failed_and_why(staff, desk, user, plan):
    order = place_order(desk, user, plan, now=clock.now())
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"), card="declined")
    checkout.receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=clock.now())

    page = staff.get("/admin").text

    assert order.merchant_uid in page
    assert "잔액이 부족합니다." in page


@pytest.mark.parametrize(
    ("lang", "badge", "heading"),
    [("en", "Retry pending", "Open refunds"), ("ko", "재시도 예정", "처리 중인 환불")],
)
def test_staff_see_what_has_to_go_back_and_why_it_did_not(staff, desk, user, dollar_plan, lang, badge, heading):
    order = place_order(desk, user, dollar_plan, "paymentwall", now=clock.now())
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"), amount=1)
    desk.client.raises["cancel"] = Refused("결제취소에 실패하였습니다.(잔액부족)", code=-1)
    checkout.receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=clock.now())

    page = staff.get(f"/admin?lang={lang}").text

    assert heading in page
    assert badge in page
    assert "결제취소에 실패하였습니다.(잔액부족)" in page
    assert imp_uid in page


def test_staff_do_not_see_what_was_refunded(staff, desk, user, dollar_plan):
    order = place_order(desk, user, dollar_plan, "paymentwall", now=clock.now())
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"), amount=1)
    checkout.receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=clock.now())

    assert imp_uid not in staff.get("/admin").text


def test_an_empty_shop_has_an_admin_page_too(staff):
    assert staff.get("/admin").status_code == 200
    assert 'href="/admin"' in staff.get("/").text


# Open cases -----------------------------------------------------------------------------------------------


@pytest.fixture
def refunded(desk, user, plan):
    """The order of a current period that was refunded in the service's console."""
    order = subscribe(desk, user, plan, now=clock.now()).orders[0]
    desk.client.cancel_in_console(order.imp_uid)
    payments.settle(desk, merchant_uid=order.merchant_uid, now=clock.now())
    return order


@pytest.mark.parametrize(("lang", "words"), [("en", "Refunded in full"), ("ko", "전액 환불")])
def test_staff_see_who_was_refunded_without_a_request_of_ours(staff, refunded, lang, words):
    page = staff.get(f"/admin?lang={lang}").text

    cases = page[page.index('id="cases-heading"') : page.index('id="refunds-heading"')]
    assert words in cases
    assert refunded.merchant_uid in cases
    assert "jisoo@example.com" in cases
