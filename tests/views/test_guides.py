"""The guide pages: complete in both languages, runnable by any signed-in visitor, and with the values of a run."""

import re
from dataclasses import replace
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from services import catalog, checkout
from services.checkout import Source
from tests.conftest import signed_in
from tests.factories import NOW, make_user, place_order, subscribe, try_again
from tests.views.reading import Page, page_of

GUIDES = ("inicis", "jtnet", "chai", "paymentwall")
HANGUL = re.compile("[가-힣]+")
IN_KOREAN_ON_EVERY_PAGE = {"한국어"}
"""The link to the other language names it in that language."""

every_page = pytest.mark.parametrize(
    ("guide_id", "language"), [(guide_id, language) for guide_id in GUIDES for language in ("ko", "en")]
)


@pytest.fixture
def config(config):
    """A shop that accepts test payments, so that guides can be edited and run."""
    return replace(config, TEST_PAYMENTS=True)


def panes_of(client, path: str) -> list[str]:
    """Return the Flask pane and the curl pane."""
    html = client.get(path).text
    found = [re.search(rf'<code id="source-{name}"[^>]*>(.*?)</code>', html, re.S) for name in ("python", "bash")]
    return [unescape(re.sub(r"<[^>]+>", "", match[1])) for match in found if match]


def read(client, path: str) -> str:
    """Return what a person reads on the page. Names inside a sentence are set in code type."""
    return unescape(re.sub(r"<[^>]+>", "", client.get(path).text))


def finished_run(desk, user, plan, guide_id: str, **more):
    order = place_order(desk, user, plan, guide_id, **more)
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"))
    checkout.receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)
    return order


def test_the_gallery_leads_to_the_comparison_and_every_guide(client):
    page = page_of(client, "/guides")

    links = [link["href"] for link in page.all("a")]
    pages = ["/guides/compare", *(f"/guides/{guide_id}" for guide_id in GUIDES)]
    assert [link for link in links if link.startswith("/guides/")] == pages


@every_page
def test_a_page_has_one_heading_and_a_title_that_begins_with_it(client, guide_id, language):
    html = client.get(f"/guides/{guide_id}?lang={language}").text

    (heading,) = re.findall(r"<h1[^>]*>(.*?)</h1>", html, re.S)
    (title,) = re.findall(r"<title>(.*?)</title>", html, re.S)
    assert title.startswith(heading)


@every_page
def test_ids_are_unique_and_nothing_is_inline(shopper, guide_id, language):
    page = page_of(shopper, f"/guides/{guide_id}?lang={language}")

    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert all("src" in script for script in page.all("script"))
    assert not page.all("style")
    assert not [attrs for _, attrs in page.elements if "style" in attrs or any(name.startswith("on") for name in attrs)]


@pytest.mark.parametrize("guide_id", GUIDES)
def test_an_english_page_has_no_korean_left(client, guide_id):
    page = page_of(client, f"/guides/{guide_id}?lang=en")

    assert set(HANGUL.findall(page.text)) <= IN_KOREAN_ON_EVERY_PAGE


@pytest.mark.parametrize("guide_id", GUIDES)
def test_a_korean_page_has_no_english_sentence_left(shopper, guide_id):
    html = shopper.get(f"/guides/{guide_id}?lang=ko").text
    page = Page(re.sub(r"<option.*?</option>", "", html, flags=re.S))  # options are values, such as card or trans

    assert re.findall(r"(?:[A-Za-z',]+ ){4,}", page.text) == []


@every_page
def test_a_page_says_what_the_pg_is_and_what_is_charged(client, desk, guide_id, language):
    facts = desk.guides[guide_id].page

    text = read(client, f"/guides/{guide_id}?lang={language}")

    for fact in ("what", "market", "charge", "first_payment", "pc", "mobile"):
        assert facts[fact][language] in text
    for number, step in enumerate(facts["steps"], 1):
        assert f"{number}. {step['title'][language]}" in text
    everywhere = ("service", "console", "credentials", "live", "token", "key_storage", "pg_optional", "pg_several")
    assert all(fact[language] in text for fact in (*(facts[name] for name in everywhere), facts["console"]["path"]))


@every_page
def test_every_parameter_and_every_reading_stands_on_the_page(client, desk, guide_id, language):
    guide = desk.guides[guide_id]

    html = client.get(f"/guides/{guide_id}?lang={language}").text
    text = read(client, f"/guides/{guide_id}?lang={language}")

    for parameter in (*guide.parameters, *guide.again):
        assert f"<code>{parameter.name}</code>" in html
        assert parameter.meaning[language] in text
        for reading in parameter.readings:
            assert reading["says"][language] in text


@pytest.mark.parametrize("guide_id", GUIDES)
def test_a_visitor_is_asked_to_sign_in_and_brought_back(client, guide_id):
    page = page_of(client, f"/guides/{guide_id}")

    (link,) = [link for link in page.all("a", **{"class": "button button--primary"}) if "sign-in" in link["href"]]
    back = parse_qs(urlsplit(link["href"]).query)["next"][0]
    assert back.startswith(f"/guides/{guide_id}?")
    assert not page.all("iframe")


@pytest.mark.parametrize(
    ("guide_id", "query", "plan", "variant"),
    [
        ("inicis", "", "trial-monthly", "default"),
        ("jtnet", "", "trial-monthly", "2-2"),
        ("jtnet", "variant=2-1&", "trial-monthly", "2-1"),
        ("paymentwall", "variant=terminal3&", "global-monthly", "terminal3"),
    ],
)
@pytest.mark.parametrize("device", ["pc", "mobile"])
def test_run_orders_the_cheapest_plan_by_this_guide_and_variant(shopper, guide_id, query, plan, variant, device):
    page = page_of(shopper, f"/guides/{guide_id}/frame?{query}device={device}")

    hidden = {field["name"]: field["value"] for field in page.all("input", type="hidden")}
    wanted = {"plan": plan, "guide": guide_id, "variant": variant, "device": device}
    assert wanted.items() <= hidden.items()


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("guide_id", ["inicis", "chai"])
def test_the_form_shows_the_order_name_that_a_run_sends(client, guide_id, language):
    page = page_of(client, f"/guides/{guide_id}?lang={language}")
    plan = catalog.plan_on_sale("trial-monthly")

    sent = checkout.order_name(plan, charged=False, language=language)

    assert sent in [field.get("value") for field in page.all("input")]
    assert sent in read(client, f"/guides/{guide_id}?lang={language}")


def test_the_form_is_filled_from_the_account(shopper, user):
    page = page_of(shopper, "/guides/inicis/frame")

    values = {field["name"]: field.get("value") for field in page.all("input") if "name" in field}
    assert (values["buyer_name"], values["buyer_email"], values["buyer_tel"]) == (user.name, user.email, user.tel)


@pytest.mark.parametrize("device", ["pc", "mobile"])
def test_a_frame_is_a_page_of_the_shop_with_one_button_and_nothing_to_fill_in(shopper, device):
    page = page_of(shopper, f"/guides/inicis/frame?device={device}&lang=en")

    assert [field["type"] for field in page.all("input") if field["type"] != "hidden"] == []
    assert len(page.all("button")) == 1
    assert "Taster box" in page.text
    assert "Subscribe" in page.text


def test_a_name_the_pg_would_refuse_is_replaced_by_the_example(shopper):
    page = page_of(shopper, "/guides/paymentwall/frame")

    assert page.all("input", name="buyer_name")[0]["value"] == "Test Buyer"


@pytest.mark.parametrize(
    ("sdk", "expected"),
    [
        ("http://payments.test/v1/iamport.js", "http://payments.test/v1/iamport.js?device=mobile"),
        ("http://payments.test/sdk?v=1", "http://payments.test/sdk?v=1&device=mobile"),
    ],
)
def test_the_phone_page_asks_the_sdk_to_behave_as_on_a_phone(app, shopper, sdk, expected):
    app.config["IMP_SDK_URL"] = sdk

    page = page_of(shopper, "/guides/chai/frame?device=mobile")

    assert page.all("script", src=expected)


def test_a_visitor_inside_the_frame_signs_in_outside_of_it(client):
    page = page_of(client, "/guides/chai/frame?device=mobile")

    (link,) = [link for link in page.all("a") if "sign-in" in link["href"]]
    assert link["target"] == "_top"


@pytest.mark.parametrize("address", ["/guides/nobody", "/guides/nobody/frame", "/guides/jtnet?variant=9"])
def test_an_unknown_guide_or_variant_is_not_found(client, address):
    assert client.get(address).status_code == 404


def test_after_a_run_the_code_shows_its_values(desk, shopper, user, plan):
    order = finished_run(desk, user, plan, "inicis")

    html = shopper.get(f"/guides/inicis?order={order.merchant_uid}").text

    assert html.count(order.merchant_uid) > 1
    assert html.count(order.billing_key.customer_uid) > 1
    assert f"/subscriptions/{order.subscription_id}" in html
    assert f"/orders/{order.merchant_uid}" in html


def test_the_code_charges_what_was_ordered(desk, shopper, user):
    order = finished_run(desk, user, catalog.plan_on_sale("coffee-yearly"), "inicis")

    python, curl = panes_of(shopper, f"/guides/inicis?order={order.merchant_uid}&lang=en")

    name = order.subscription.plan.name("ko")  # as it was charged, whatever language the page is in
    assert f'NAME, PRICE, CURRENCY = "{name}", Decimal("199000"), "KRW"' in python
    assert '"amount": 199000' in curl
    assert f'"name": "{name}"' in curl


def test_the_code_of_a_card_change_that_charges_nothing_charges_nothing(desk, shopper, user, plan):
    subscription = finished_run(desk, user, plan, "jtnet").subscription
    order = place_order(desk, user, None, "jtnet", subscription=subscription)

    python, curl = panes_of(shopper, f"/guides/jtnet?order={order.merchant_uid}&lang=en")

    assert 'AT_ISSUE = Decimal("0")  # 0: key only' in python
    assert "/payments/prepare" not in python
    assert '"amount": 19900' in curl


def test_a_run_is_shown_with_the_variant_it_was_made_by(desk, shopper, user, plan):
    order = finished_run(desk, user, plan, "jtnet", variant_id="2-1")

    page = page_of(shopper, f"/guides/jtnet?order={order.merchant_uid}")

    assert all("variant=2-1" in frame["data-url"] for frame in page.all("figure"))


@pytest.mark.parametrize("card", ["declined", "closed"])
def test_a_run_that_failed_says_so_and_offers_no_charge(desk, shopper, user, plan, card):
    order = place_order(desk, user, plan, "inicis")
    request = checkout.request(desk, order, language="ko")
    imp_uid = desk.client.close(request) if card == "closed" else desk.client.pay(request, card=card)
    checkout.receive(
        desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, message="닫음", now=NOW
    )

    page = page_of(shopper, f"/guides/inicis?order={order.merchant_uid}&lang=en")

    assert ("Not completed" if card == "closed" else "Not registered") in page.text
    assert "Charge again" not in page.text


def test_a_run_whose_first_payment_was_declined_leads_to_another_card_until_one_has_paid(desk, shopper, user, plan):
    subscription = subscribe(desk, user, plan, card="no_money_later")
    run = subscription.orders[-1]
    path = f"/guides/inicis?order={run.merchant_uid}&lang=en"
    before = shopper.get(path).text

    order = try_again(desk, subscription)
    imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"))
    checkout.receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)

    after = shopper.get(path).text
    assert ("Pay with another payment method" in before, "Charge again" in before) == (True, False)
    assert ("Pay with another payment method" in after, "Charge again" in after) == (False, True)


def test_a_phone_gets_its_own_way_and_no_frame(shopper):
    phone = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148"}

    on_phone = Page(shopper.get("/guides/inicis?lang=en", headers=phone).text)
    on_pc = page_of(shopper, "/guides/inicis?lang=en")

    run = {"data-module": "workbench/frame"}
    assert (len(on_phone.all("iframe")), len(on_phone.all("form", **run))) == (0, 1)
    assert (len(on_pc.all("iframe")), len(on_pc.all("form", **run))) == (2, 0)


def test_an_open_run_is_watched_until_it_is_decided(desk, shopper, user, plan):
    order = place_order(desk, user, plan, "inicis")

    page = page_of(shopper, f"/guides/inicis?order={order.merchant_uid}")

    (watched,) = page.all("section", **{"data-module": "pages/guides-watch"})
    assert watched["data-status-url"] == f"/orders/{order.merchant_uid}/status"


@pytest.mark.parametrize("who", ["a visitor", "another member"])
def test_somebody_elses_run_is_not_shown(app, desk, user, plan, who):
    order = finished_run(desk, user, plan, "inicis")
    reader = app.test_client() if who == "a visitor" else signed_in(app, make_user("stranger@example.com"))

    html = reader.get(f"/guides/inicis?order={order.merchant_uid}").text

    assert order.billing_key.customer_uid not in html


def test_a_run_of_another_guide_is_not_shown(desk, shopper, user, plan):
    order = finished_run(desk, user, plan, "chai")

    assert order.billing_key.customer_uid not in shopper.get(f"/guides/inicis?order={order.merchant_uid}").text


def test_the_order_page_leads_back_to_the_run_and_out_of_the_frame(desk, shopper, user, plan):
    order = finished_run(desk, user, plan, "chai")

    page = page_of(shopper, f"/orders/{order.merchant_uid}")

    links = page.all("a", href=f"/guides/chai?order={order.merchant_uid}")
    assert {link["target"] for link in links} == {"_top"}


@pytest.mark.parametrize("path", ["/guides/inicis/frame", "/guides/inicis/frame?device=mobile"])
def test_each_visit_is_a_run_of_its_own(shopper, path):
    pages = [shopper.get(path).text for _ in range(2)]
    ids = [re.findall(r'name="run" value="(run_\w{20})"', page) for page in pages]

    assert [len(found) for found in ids] == [1, 1]
    assert ids[0] != ids[1]
