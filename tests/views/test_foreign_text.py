"""No page shows what someone other than its owner wrote: every place that takes a `merchant_uid`, and every page."""

from urllib.parse import unquote_plus

import pytest

import clock
from tests.conftest import signed_in
from tests.factories import make_user, place_order, read_notices
from tests.url_map import addresses

TEXT = "Call 010-1234 now"
FIELDS = ("imp_uid", "error_msg", "error_code", "imp_success", "status", "message", "cancellation_id", "anything")

REPORTS = {
    "landing": lambda browser, said: browser.get("/payments/landing", query_string=said),
    "callback": lambda browser, said: browser.post("/payments/complete", json=said),
    "webhook": lambda browser, said: browser.post("/webhooks/iamport", json=said),
    "webhook form": lambda browser, said: browser.post("/webhooks/iamport", data=said),
}


@pytest.fixture(params=["purchase", "guide run"])
def order(request, desk, user, plan):
    run_id = "run_1" if request.param == "guide run" else None
    return place_order(desk, user, plan, run_id=run_id, now=clock.now())


@pytest.fixture
def values(values, order):
    """What fills the addresses, so that they show this order."""
    return values | {"merchant_uid": order.merchant_uid, "subscription_id": order.subscription_id}


@pytest.fixture
def senders(app, shopper):
    stranger = make_user("minsu@example.com")
    return {"nobody": app.test_client(), "stranger": signed_in(app, stranger), "owner": shopper}


def pages_with(app, values, visitors, text=TEXT) -> list[str]:
    """Return the pages of the order's owner and of staff that show the text."""
    paths = [path for _, method, path in addresses(app, values) if method == "GET"]
    paths.append(f"/guides/inicis?order={values['merchant_uid']}")
    seen = {(who, path): visitors[who]().get(path) for who in ("shopper", "staff") for path in paths}
    assert seen["shopper", f"/orders/{values['merchant_uid']}"].status_code == 200
    return [f"{who} {path}" for (who, path), answer in seen.items() if text in unquote_plus(answer.text)]


def test_text_of_others_appears_on_no_page(app, desk, senders, values, visitors, order):
    for sender in ("nobody", "stranger"):
        for report in REPORTS.values():
            for field in FIELDS:
                report(senders[sender], {"merchant_uid": order.merchant_uid, field: TEXT})
    read_notices(desk, now=clock.now())

    assert pages_with(app, values, visitors) == []


@pytest.mark.parametrize("field", ["error_msg", "error_code", "imp_uid"])
def test_a_link_that_the_owner_follows_puts_no_text_on_the_orders_page(app, senders, order, field):
    landing = {"merchant_uid": order.merchant_uid, field: TEXT}

    page = senders["owner"].get("/payments/landing", query_string=landing, follow_redirects=True)

    assert page.request.path == f"/orders/{order.merchant_uid}"
    assert TEXT not in page.text


def test_the_owner_reads_what_the_window_said_in_the_callback(app, senders, values, visitors, order):
    senders["owner"].post("/payments/complete", json={"merchant_uid": order.merchant_uid, "error_msg": TEXT})

    assert f"shopper /orders/{order.merchant_uid}" in pages_with(app, values, visitors)


@pytest.mark.parametrize("report", ["landing", "callback"])
@pytest.mark.parametrize("sender", ["nobody", "stranger", "owner"])
def test_a_window_that_ended_with_an_error_is_closed_whoever_reports_it(senders, order, sender, report):
    REPORTS[report](senders[sender], {"merchant_uid": order.merchant_uid, "error_msg": TEXT})

    assert order.outcome == "closed"
