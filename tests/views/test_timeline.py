"""The timelines over HTTP: whose they are, in which language, and as which files."""

import json
from datetime import timedelta
from xml.etree import ElementTree

import pytest

from models import db
from services import checkout, journal
from services.checkout import Source
from tests.conftest import signed_in
from tests.factories import NOW, make_user, place_order, receive

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def order(desk, user, plan):
    order = place_order(desk, user, plan, run_id="run_1")
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"))
    receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)
    return order


@pytest.fixture
def addresses(order) -> list[str]:
    return [
        "/guides/runs/run_1",
        f"/orders/{order.merchant_uid}",
        f"/subscriptions/{order.subscription_id}",
        "/account",
    ]


ENDS = ("/timeline", "/timeline.svg", "/export.har", "/export.sh")


@pytest.mark.parametrize("end", ENDS)
def test_a_timeline_is_its_owners_alone(app, client, shopper, addresses, end):
    other = signed_in(app, make_user("other@example.com"))

    assert [shopper.get(f"{address}{end}").status_code for address in addresses] == [200] * 4
    assert [other.get(f"{address}{end}").status_code for address in addresses] == [404, 404, 404, 200]
    assert {client.get(f"{address}{end}").status_code for address in addresses} == {302}


def test_the_timeline_of_a_person_has_no_row_of_another(app, order):
    other = signed_in(app, make_user("other@example.com"))

    assert other.get("/account/timeline").json == {"rows": [], "cursor": "", "settled": True}


def test_a_row_speaks_the_readers_language(shopper, order):
    def titles(lang: str) -> list[str]:
        answer = shopper.get("/guides/runs/run_1/timeline", headers={"Accept-Language": lang})
        return [row["title"] for row in answer.json["rows"]]

    assert any("billing key" in title for title in titles("en"))
    assert any("빌링키" in title for title in titles("ko"))
    assert [title for title in titles("ko") if "<" in title] == []


def test_a_poll_returns_what_is_new_and_whether_to_go_on(desk, shopper, order):
    first = shopper.get("/guides/runs/run_1/timeline").json
    second = shopper.get("/guides/runs/run_1/timeline", query_string={"after": first["cursor"]}).json

    assert len(first["rows"]) > 5
    assert second == {"rows": [], "cursor": first["cursor"], "settled": True}


def test_an_open_order_is_not_settled(desk, user, plan, shopper):
    place_order(desk, user, plan, run_id="run_2")

    assert shopper.get("/guides/runs/run_2/timeline").json["settled"] is False


@pytest.mark.parametrize(
    ("by", "words"),
    [
        (timedelta(days=31), "31 days later"),
        (timedelta(days=29, hours=23, minutes=4), "30 days later"),
        (timedelta(days=1), "1 day later"),
        (timedelta(hours=2), "2 hours later"),
        (timedelta(days=-31), "31 days earlier"),
    ],
)
def test_a_jump_of_the_clock_is_named_in_words(shopper, order, by, words):
    journal.record("subscription.past_due", at=NOW + by, order=order)
    db.session.commit()

    rows = shopper.get(f"/orders/{order.merchant_uid}/timeline", headers={"Accept-Language": "en"}).json["rows"]

    assert [row["divider"] for row in rows if row["divider"]] == [words]


@pytest.mark.parametrize(("lang", "title"), [("ko", "시퀀스 다이어그램"), ("en", "Sequence diagram")])
def test_the_diagram_is_an_accessible_picture_in_both_languages(shopper, order, lang, title):
    answer = shopper.get("/guides/runs/run_1/timeline.svg", headers={"Accept-Language": lang})

    svg = ElementTree.fromstring(answer.text)
    assert (answer.mimetype, svg.get("role"), svg.find(f"{SVG}title").text) == ("image/svg+xml", "img", title)
    assert svg.find(f"{SVG}desc").text
    assert svg.find(f"{SVG}style") is None


def test_a_downloaded_diagram_brings_its_colours_for_light_and_dark(shopper, order):
    answer = shopper.get("/guides/runs/run_1/timeline.svg?download=1")

    style = ElementTree.fromstring(answer.text).find(f"{SVG}style").text
    assert "prefers-color-scheme: dark" in style
    assert answer.headers["Content-Disposition"] == 'attachment; filename="sequence.svg"'


def test_the_files_of_a_run_are_not_kept_by_the_browser(shopper, order):
    har = shopper.get("/guides/runs/run_1/export.har")

    assert json.loads(har.text)["log"]["version"] == "1.2"
    assert "no-store" in har.headers["Cache-Control"]
    assert shopper.get("/guides/runs/run_1/export.sh").text.startswith("#!/bin/sh")


def test_a_text_of_the_service_is_no_markup_in_the_diagram(desk, shopper, order):
    journal.record("payment.failed", at=NOW, order=order, reason="<script>&")
    db.session.commit()

    svg = shopper.get("/guides/runs/run_1/timeline.svg").text

    assert "<script>" not in svg
    assert "<script>&" in "".join(ElementTree.fromstring(svg).itertext())
