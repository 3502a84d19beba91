"""The console: its sections, a story behind each row, search, buttons, and pages that keep themselves up to date."""

import re
from html import unescape

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sandbox.dashboard import confirming, lists
from tests.sandbox.conftest import Api
from tests.sandbox.console import HOME, SECTIONS
from tests.sandbox.shop import APPROVED, Markup

MONTH = 30 * 86_400


# Every page -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_every_page_is_whole_in_both_languages_with_and_without_rows(client, busy, lang):
    other = client.post("/control/merchants", json={"code": "imp_empty"}).json["code"]
    paths = [home + section for home in (HOME, f"/console/{other}") for section in SECTIONS]
    for path in [*paths, *_stories(client), f"{HOME}/search?q=card", "/"]:
        html = client.get(path, query_string={"lang": lang} if "?" not in path else None).text
        page = Markup(html)

        ids = page.attribute("id")
        assert len(ids) == len(set(ids)), path
        assert [tag for tag, _ in page.tags].count("h1") == 1, path
        heading, title = (" ".join(re.sub("<[^>]+>", "", _inside(html, tag)).split()) for tag in ("h1", "title"))
        assert title.startswith(heading.split(":")[0]), path


def test_links_stay_with_the_merchant_and_in_the_language(client, busy):
    page = Markup(client.get(f"{HOME}/payments?lang=en").text)

    inside = [href for href in page.attribute("href") if href.startswith("/console")]
    assert inside
    assert all("lang=" in href and HOME in href for href in inside)


@pytest.mark.parametrize(
    "path",
    [
        "/console/imp_nobody/",
        f"{HOME}/payments/imp_0",
        f"{HOME}/key?customer_uid=nobody",
        *(f"{HOME}/{rows}/{'9' * digits}" for rows in ("schedules", "webhooks", "wire") for digits in (5, 23)),
    ],
)
def test_what_is_not_there_is_not_found(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("before", ["soon", "9" * 23, "-" + "9" * 23])
def test_a_list_that_goes_on_below_no_row_begins_with_the_newest(client, busy, before):
    assert busy["imp_uid"] in client.get(f"{HOME}/payments?before={before}").text


def test_a_merchant_sees_no_other_merchant_s_rows(client, busy):
    client.post("/control/merchants", json={"code": "imp_other"})

    assert client.get(f"/console/imp_other/payments/{busy['imp_uid']}").status_code == 404
    assert "renewal-1" not in client.get("/console/imp_other/payments").text
    assert 'href="/console/imp_other/"' in client.get("/").text


# Stories --------------------------------------------------------------------------------------------------


def test_a_payment_s_story_has_its_record_window_webhooks_charges_and_calls(client, busy, receiver):
    story = Markup(client.get(f"{HOME}/payments/{busy['imp_uid']}?lang=en").text).text

    assert "order-1" in story
    assert "424242******4242" in story
    assert "not charged" in story
    assert "http://shop.test" in story
    assert f"{receiver.url} HTTP 200" in story
    assert '"status": "paid"' in story
    assert "renewal-1" in story
    assert "POST /sdk/payments" in story
    assert f"/windows/{busy['imp_uid']}/approve" in story


def test_a_webhook_s_story_has_each_attempt_with_request_answer_and_duration(client, api, receiver, settle):
    receiver.answer_status = 503
    client.post("/control/levers", json={"webhook_retries": 1})
    api.issue()
    api.charge("order-1", notice_url=receiver.url)
    receiver.next()
    settle()
    client.post("/control/clock", json={"advance": 60})

    delivery = _first_link(client, "/webhooks")
    story = Markup(client.get(f"{delivery}?lang=en").text).text

    attempts = story.partition(" Attempts ")[2].partition(" Calls ")[0]
    assert story.count("HTTP 503") == 3
    assert len(re.findall(r"\d+ ms", attempts)) == 2
    assert "application/json" in story


def test_a_key_has_a_story_whatever_its_name(client, api):
    name = "card/1?x=&amp; ü"
    api.post("/subscribe/payments/onetime", **ONETIME, customer_uid=name)

    story = Markup(client.get(_first_link(client, "/keys")).text).text

    assert name in story
    assert "onetime-1" in story


def test_a_key_s_story_outlives_the_key(client, api):
    api.issue("card-1")
    api.charge("order-1")
    api.send("DELETE", "/subscribe/customers/card-1")

    story = Markup(client.get(f"{HOME}/key?customer_uid=card-1&lang=en").text).text

    assert "no key" in story
    assert "order-1" in story
    assert "DELETE /subscribe/customers/card-1" in story


def test_a_call_s_story_has_both_bodies_and_links_to_every_id_in_it(client, busy):
    call = next(h for h in Markup(client.get(f"{HOME}/wire?only=rest").text).attribute("href") if "/wire/" in h)
    page = Markup(client.get(call).text)

    assert "Bearer" in page.text or "Authorization" in page.text
    assert any("/search?q=" in href for href in page.attribute("href"))


@pytest.mark.parametrize("levels", [400, 960, 10_000])
def test_a_call_whose_body_nests_without_end_has_a_story_too(client, api, levels):
    body = "[" * levels + "]" * levels
    client.post("/payments/prepare", data=body, headers={**api.headers, "Content-Type": "application/json"})

    assert client.get(_first_link(client, "/wire")).status_code == 200


def test_a_schedule_s_story_tells_when_it_is_due_and_what_came_of_it(client, busy):
    client.post("/control/clock", json={"advance": MONTH})

    story = Markup(client.get(f"{_first_link(client, '/schedules?only=executed')}?lang=en").text).text

    assert "executed paid" in story
    assert "imps_" in story


# Lists and search -----------------------------------------------------------------------------------------


def test_a_list_is_narrowed_by_status_and_goes_on_to_older_rows(client, api, monkeypatch):
    monkeypatch.setattr(lists, "ROWS", 2)
    api.issue()
    for number in range(3):
        api.charge(f"order-{number}")
    api.post("/payments/cancel", merchant_uid="order-0")

    newest = client.get(f"{HOME}/payments").text
    older = client.get(next(h for h in Markup(newest).attribute("href") if "before=" in h)).text
    cancelled = client.get(f"{HOME}/payments?only=cancelled").text

    assert [_orders(page) for page in (newest, older, cancelled)] == [["order-2", "order-1"], ["order-0"], ["order-0"]]


@pytest.mark.parametrize("what", ["imp_uid", "merchant_uid", "customer_uid", "scheduled", "code"])
def test_a_whole_id_opens_its_story_directly(client, busy, what):
    answer = client.get(f"{HOME}/search", query_string={"q": f" {busy[what]} "})

    assert answer.status_code == 302
    assert client.get(answer.location).status_code == 200


def test_part_of_an_id_lists_whatever_has_it(client, busy):
    pg_tid = busy["api"].get(f"/payments/{busy['imp_uid']}").response["pg_tid"]

    by_tid = Markup(client.get(f"{HOME}/search?q={pg_tid[4:20]}").text).text
    by_uid = Markup(client.get(f"{HOME}/search?q=RENEWAL").text).text

    assert busy["imp_uid"] in by_tid
    assert "renewal-1" in by_uid
    assert "/subscribe/payments/again" in by_uid


def test_an_id_of_another_merchant_is_pointed_to(client, busy):
    client.post("/control/merchants", json={"code": "imp_other"})

    page = Markup(client.get("/console/imp_other/search?q=renewal-1&lang=en").text)

    assert "Found at another merchant: imp00000000" in page.text
    assert f"{HOME}/search?q=renewal-1&lang=en" in page.attribute("href")


# Live -----------------------------------------------------------------------------------------------------


def test_a_page_asked_for_again_is_its_main_part_or_nothing_new(client, api, clock):
    api.issue()
    live = {"X-Live": "1"}
    first = client.get(f"{HOME}/payments", headers=live)
    clock.advance(5)
    same = client.get(f"{HOME}/payments", headers={**live, "If-None-Match": first.headers["ETag"]})
    api.charge("order-1")
    changed = client.get(f"{HOME}/payments", headers={**live, "If-None-Match": first.headers["ETag"]})

    assert "<header" not in first.text
    assert (same.status_code, same.data) == (304, b"")
    assert changed.status_code == 200
    assert "order-1" in changed.text


@pytest.mark.parametrize("section", SECTIONS)
def test_time_alone_makes_no_page_new(client, busy, clock, section):
    live = {"X-Live": "1"}
    first = client.get(HOME + section, headers=live)
    clock.advance(5)

    again = client.get(HOME + section, headers={**live, "If-None-Match": first.headers["ETag"]})

    assert again.status_code == 304


# Buttons --------------------------------------------------------------------------------------------------


def test_a_webhook_can_be_sent_again(client, busy, receiver):
    page = _first_link(client, "/webhooks")

    answer = _press(client, page, "deliver")

    assert answer.status_code == 303
    assert receiver.next()["status"] == "paid"


def test_the_clock_is_advanced_and_runs_what_falls_due(client, busy):
    _press(client, f"{HOME}/clock", "clock", advance=MONTH)

    assert busy["api"].get("/payments/find/scheduled-1").response["status"] == "paid"
    assert "+30d" in client.get(f"{HOME}/clock").text


def test_the_clock_is_set_in_seoul_s_time(client, clock):
    client.post(f"{HOME}/clock", data={"until": "2027-03-01T09:00:00"})

    assert client.get("/control/clock").json["now"] == 1_803_859_200


def test_a_customer_s_clock_returns_to_the_merchant_s(client, api):
    for customer_uid in ("card-1", "card-2"):
        client.post("/control/clock", json={"customer_uid": customer_uid, "offset": 3600})

    answer = _press(client, f"{HOME}/clock", "clock", customer_uid="card-1", offset="0")

    assert answer.status_code == 303
    assert client.get("/control/clock").json["customers"] == {"card-2": 3600}
    assert "Return to the merchant’s time card-2" in Markup(client.get(f"{HOME}/clock?lang=en").text).text


def test_the_clock_s_page_shows_the_next_schedules_and_the_latest_customers(client, api, monkeypatch):
    monkeypatch.setattr(lists, "ROWS", 2)
    api.issue()
    now = client.get("/control/clock").json["now"]
    entry = {"amount": 9900, "name": "원두"}
    booked = [{**entry, "merchant_uid": f"next-{day}", "schedule_at": now + day * 86_400} for day in range(1, 11)]
    api.post("/subscribe/payments/schedule", customer_uid="card-1", schedules=booked)
    for one in range(3):
        client.post("/control/clock", json={"customer_uid": f"moved-{one}", "offset": 60})

    page = Markup(client.get(f"{HOME}/clock?lang=en").text).text

    assert "The same as the computer’s clock" in page
    assert "next-8" in page
    assert "next-9" not in page
    assert "The next 8 of 10 are shown. Show all" in page
    assert "moved-2" in page
    assert "moved-0" not in page
    assert "The latest 2 of 3 are shown." in page


@pytest.mark.parametrize("until", ["0001-01-01T00:00", "1969-12-31T23:59", "3000-01-01T09:01", "9999-12-31T23:59"])
def test_a_time_that_no_clock_can_show_is_refused_with_the_reason(client, clock, until):
    answer = client.post(f"{HOME}/clock", data={"until": until})

    assert answer.status_code == 400
    assert "a clock must stay between the years 1970 and 3000" in answer.text
    assert client.get("/control/clock").json["now"] == clock()


def test_an_outcome_is_queued_and_withdrawn(client, api):
    api.issue()
    _press(client, f"{HOME}/levers", "outcomes", outcome="lost_card", customer_uid="", times="2")
    assert api.charge("order-1").response["status"] == "failed"

    question = f"{HOME}/confirm/withdraw"
    assert "lost_card" in client.get(question).text
    _press(client, question, "withdraw")

    assert api.charge("order-2").response["status"] == "paid"


def test_a_payment_is_cancelled_in_part(client, api):
    api.issue()
    imp_uid = api.charge("order-1").response["imp_uid"]

    question = f"{HOME}/confirm/cancel?imp_uid={imp_uid}&amount=3000&reason=part&lang=en"
    assert "Not cancelled yet: ₩9,900" in client.get(question).text
    answer = _press(client, question, "cancel")

    assert answer.location == f"{HOME}/payments/{imp_uid}?lang=en"
    assert api.get(f"/payments/{imp_uid}").response["cancel_amount"] == 3000


def test_a_merchant_is_reset_and_no_other(client, busy):
    client.post("/control/merchants", json={"code": "imp_other", "key": "other", "secret": "other"})
    Api(client, "other", "other").issue("their-card")

    question = f"{HOME}/confirm/reset?lang=en"
    said = Markup(client.get(question).text).text
    answer = _press(client, question, "reset")

    assert "Payments 2 Shops that look them up" in said
    assert "Billing keys 1 Shops that hold these keys cannot charge them any more." in said
    assert "Schedules 1 1 of them will never be charged." in said
    assert "Webhooks 1" in said
    assert answer.location == f"{HOME}/levers?lang=en"
    assert "renewal-1" not in client.get(f"{HOME}/payments").text
    assert "their-card" in client.get("/console/imp_other/keys").text


def test_nothing_is_lost_by_a_button_that_does_not_ask_first(client, busy):
    """The pages have no button for a destructive lever. The question before it has the button."""
    client.post("/control/levers", json={"strict": True})
    client.post("/control/outcomes", json={"outcome": "decline"})
    pages = [f"{HOME}{section}" for section in SECTIONS] + _stories(client)

    htmls = [client.get(page).text for page in pages]

    for lever in confirming.QUESTIONS:
        assert any(f"/confirm/{lever}" in html for html in htmls), lever
        assert lever == "levers" or not any(f"/pull/{lever}" in html for html in htmls), lever


def test_a_question_says_when_there_is_nothing_to_lose(client):
    client.post("/control/reset")

    assert "nothing to lose" in client.get(f"{HOME}/confirm/levers?lang=en").text


@pytest.mark.parametrize("path", ["confirm/earthquake", "confirm/cancel", "confirm/cancel?imp_uid=imp_0"])
def test_nothing_is_asked_about_what_is_not_there(client, path):
    assert client.get(f"{HOME}/{path}").status_code == 404


def test_what_a_lever_refuses_is_said(client):
    answer = _press(client, f"{HOME}/levers", "levers", latency="soon")

    assert answer.status_code == 400
    assert "latency must be a number" in unescape(answer.text)


@pytest.mark.parametrize(
    ("before", "after"),
    [("http://evil.test/console", f"{HOME}/"), (f"http://localhost/{HOME}/levers?lang=en", f"{HOME}/levers?lang=en")],
)
def test_a_button_leads_back_to_a_page_of_ours_alone(client, before, after):
    answer = client.post(f"{HOME}/pull/withdraw", headers={"Referer": before})

    assert answer.location == after
    assert client.post(f"{HOME}/pull/earthquake").status_code == 404


# ----------------------------------------------------------------------------------------------------------

ONETIME = {
    "merchant_uid": "onetime-1",
    "amount": 9900,
    "name": "원두",
    "card_number": APPROVED,
    "expiry": "2099-12",
    "birth": "900101",
    "buyer_name": "홍길동",
    "buyer_email": "gildong@example.com",
    "buyer_tel": "010-0000-0000",
}


@pytest.fixture
def busy(client, api, payer, receiver) -> dict:
    """Give the merchant one of each: a key issued in a window, a charge, a schedule, a webhook."""
    opened = payer.open(merchant_uid="order-1", customer_uid="card-1", notice_url=receiver.url)
    imp_uid = payer.approve(opened, APPROVED)
    receiver.next()
    client.get("/control/idle?wait=5")
    api.charge("renewal-1")
    now = client.get("/control/clock").json["now"]
    entry = {"merchant_uid": "scheduled-1", "schedule_at": now + MONTH, "amount": 9900, "name": "원두"}
    api.post("/subscribe/payments/schedule", customer_uid="card-1", schedules=[entry])
    return {
        "api": api,
        "imp_uid": imp_uid,
        "merchant_uid": "renewal-1",
        "customer_uid": "card-1",
        "scheduled": "scheduled-1",
        "code": "imp00000000",
    }


def _press(client: FlaskClient, page: str, lever: str, **form: object) -> TestResponse:
    """Press a button on `page`, which the browser names in its `Referer`."""
    assert f"/pull/{lever}" in client.get(page).text
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', _form(client.get(page).text, lever)))
    headers = {"Referer": f"http://localhost{page}"}
    return client.post(f"{HOME}/pull/{lever}", data={**hidden, **form}, headers=headers)


def _form(html: str, lever: str) -> str:
    return next(form for form in re.findall(r"<form.*?</form>", html, re.DOTALL) if f"/pull/{lever}" in form)


def _stories(client: FlaskClient) -> list[str]:
    return [_first_link(client, section) for section in ("/payments", "/keys", "/schedules", "/webhooks", "/wire")]


def _first_link(client: FlaskClient, section: str) -> str:
    """Return the address of the first row's story."""
    table = _inside(client.get(HOME + section).text, "tbody")
    return Markup(table).attribute("href")[0]


def _inside(html: str, tag: str) -> str:
    found = re.search(rf"<{tag}[^>]*>(.*?)</{tag}>", html, re.DOTALL)
    assert found, f"no {tag}"
    return unescape(found[1])


def _orders(html: str) -> list[str]:
    return re.findall(r"<small class=\"code\"><a [^>]*>(order-\d)</a></small>", html)


# Merchants ------------------------------------------------------------------------------------------------


def made(client: FlaskClient, **form: str) -> TestResponse:
    return client.post(f"{HOME}/merchants?lang=en", data=form)


def fact(answer: TestResponse, name: str) -> str:
    """Return what a page of facts says about `name`."""
    texts = Markup(answer.text).texts
    return texts[texts.index(name) + 1]


def test_a_merchant_is_made_with_a_secret_that_is_shown_once(client):
    answer = made(client, code="", key="", secret="", webhook_url="", content_type="json")

    code, secret = fact(answer, "Merchant code"), fact(answer, "imp_secret")
    assert answer.status_code == 201
    assert Api(client, fact(answer, "imp_key"), secret).get("/payments/imp_0").http == 404
    assert secret not in client.get(f"{HOME}/merchants").text
    assert secret not in client.get(f"/console/{code}/").text
    assert f'href="/console/{code}/"' in client.get(f"{HOME}/merchants").text


def test_what_is_typed_of_a_merchant_is_kept(client):
    made(client, code=" imp_shop ", key="k", secret="s", webhook_url="http://shop.test/hooks", content_type="form")

    merchant = client.get("/control/merchants/imp_shop").json
    assert (merchant["key"], merchant["webhook_url"], merchant["content_type"]) == (
        "k",
        "http://shop.test/hooks",
        "form",
    )


@pytest.mark.parametrize(
    ("lang", "sentence"), [("ko", "이미 다른 가맹점이"), ("en", "Another merchant uses this code or key")]
)
def test_a_code_that_is_taken_is_said_in_the_reader_s_language(client, lang, sentence):
    refused = client.post(f"{HOME}/merchants?lang={lang}", data={"code": "imp00000000"})

    assert sentence in refused.text


@pytest.mark.parametrize("form", [{"code": "imp00000000"}, {"code": "a b"}, {"webhook_url": "shop.test"}])
def test_a_merchant_that_cannot_be_is_refused_with_the_reason(client, form):
    refused = made(client, **form, key="key-of-mine", secret="secret-of-mine")

    assert refused.status_code == 400
    assert 'role="alert"' in refused.text
    assert 'value="key-of-mine"' in refused.text
    assert "secret-of-mine" not in refused.text
    assert "Enter the secret again" in refused.text
    assert len(client.get("/control/merchants").json["merchants"]) == 1


def test_a_page_that_a_shop_opened_leads_back_to_the_shop(client):
    page = client.get("/console/imp00000000/wire?lang=en&back=http%3A%2F%2Fshop.test%2Forders%2F1").text

    assert 'href="http://shop.test/orders/1"' in page
    assert "/console/imp00000000/payments?" in page
    assert page.count("back=http") > 3


@pytest.mark.parametrize("back", ["javascript:alert(1)", "data:text/html,x", "//shop.test", ""])
def test_only_a_web_address_is_a_page_of_a_shop(client, back):
    assert (
        "Back to the shop"
        not in client.get("/console/imp00000000/wire", query_string={"lang": "en", "back": back}).text
    )
