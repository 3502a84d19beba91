"""The catalog, and the page of each plan."""

import pytest

from models import db
from services import catalog
from tests.views.reading import page_of


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


@pytest.mark.parametrize("slug", [plan["slug"] for plan in catalog.PLANS])
def test_every_plan_has_a_picture_of_its_own_and_a_button(client, slug):
    page = page_of(client, "/?lang=en")

    (picture,) = [image for image in page.all("img", alt="") if image["src"].endswith(f"/img/plans/{slug}.svg")]
    (button,) = page.all("a", href=f"/checkout/{slug}")
    assert client.get(picture["src"]).mimetype == "image/svg+xml"
    assert button["class"] == "button"


@pytest.mark.parametrize("slug", ["roses", "../brand", "other"])
def test_a_plan_without_a_picture_gets_a_general_one(client, plan, slug):
    plan.slug = slug
    db.session.commit()

    (picture,) = [image for image in page_of(client, "/").all("img") if "/img/plans/other.svg" in image["src"]]

    assert client.get(picture["src"]).status_code == 200


def test_a_button_names_its_plan_for_those_who_do_not_see_it(client):
    assert "Subscribe : Worldwide box" in page_of(client, "/?lang=en").text


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
