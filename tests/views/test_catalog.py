"""The catalog, and the page of each plan."""

import pytest

from models import db


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("ko", ["원두 월간 구독", "원두 연간 구독", "해외 배송 상자", "19,900원", "US$49.99"]),
        ("en", ["Beans every month", "Beans for a year", "Worldwide box", "₩19,900", "$49.99"]),
    ],
)
def test_the_shelves_show_every_plan_in_the_readers_language(client, lang, words):
    page = client.get("/", query_string={"lang": lang}).text

    assert [word for word in words if word not in page] == []
    assert f'<html lang="{lang}">' in page


def test_korean_comes_first(client):
    assert '<html lang="ko">' in client.get("/").text


@pytest.mark.parametrize(
    ("slug", "offered"),
    [("coffee-monthly", {"inicis"}), ("global-monthly", {"paymentwall"})],
)
def test_a_plan_offers_the_pgs_on_the_market_that_take_its_currency(client, slug, offered):
    page = client.get(f"/plans/{slug}").text

    assert {guide for guide in ("inicis", "jtnet", "chai", "paymentwall") if f"/guides/{guide}" in page} == offered


def test_a_plan_leads_to_its_checkout(client):
    assert 'href="/checkout/coffee-monthly"' in client.get("/plans/coffee-monthly").text


@pytest.mark.parametrize("slug", ["gold-bars", "COFFEE-MONTHLY", "한글"])
def test_a_plan_that_is_not_sold_is_not_found(client, slug):
    answer = client.get(f"/plans/{slug}")

    assert answer.status_code == 404
    assert "판매하지 않는 상품입니다" in answer.text


def test_a_plan_taken_off_the_shelves_is_gone_everywhere(shopper, plan):
    plan.is_sold = False
    db.session.commit()

    assert "원두 월간 구독" not in shopper.get("/").text
    assert shopper.get("/plans/coffee-monthly").status_code == 404
    assert shopper.get("/checkout/coffee-monthly").status_code == 404
