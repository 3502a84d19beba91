"""What staff see, and that nobody else knows there is something to see."""

import pytest

import clock
from services import checkout
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


def test_staff_see_what_failed_and_why(staff, desk, user, plan):
    order = place_order(desk, user, plan, now=clock.now())
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"), card="declined")
    checkout.receive(desk, road="callback", merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=clock.now())

    page = staff.get("/admin").text

    assert order.merchant_uid in page
    assert "잔액이 부족합니다." in page


def test_an_empty_shop_has_an_admin_page_too(staff):
    assert staff.get("/admin").status_code == 200
    assert 'href="/admin"' in staff.get("/").text
