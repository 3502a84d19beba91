"""The pages of the daily comparison: what staff see of each day, and that a shopper cannot find out that they exist."""

from datetime import timedelta
from decimal import Decimal

import pytest

import clock
from services import comparison
from tests.conftest import signed_in
from tests.factories import make_user, subscribe
from tests.views.reading import page_of

NOW = clock.now()
YESTERDAY = NOW - timedelta(days=1)
DAY = clock.day_in_seoul(YESTERDAY)


@pytest.fixture
def staff(app):
    return signed_in(app, make_user("staff@example.com", is_staff=True))


@pytest.fixture
def run(desk):
    def run(**more):
        return comparison.run(desk, DAY, moment=lambda: NOW, **more)

    desk.client.time = int(YESTERDAY.timestamp())
    return run


@pytest.fixture
def refunded(desk, user, plan, dollar_plan, run):
    """Two orders of yesterday. One was refunded in part in the service's console, and the webhook was lost."""
    order = subscribe(desk, user, plan, "jtnet", now=YESTERDAY).orders[0]
    subscribe(desk, user, dollar_plan, "paymentwall", now=YESTERDAY)
    desk.client.cancel_in_console(order.imp_uid, Decimal(900))
    return order


@pytest.mark.parametrize("path", ["/admin/reconcile", f"/admin/reconcile/{DAY}"])
def test_the_pages_do_not_exist_for_shoppers(shopper, client, path):
    assert shopper.get(path).status_code == 404
    assert client.get(path).location == f"/account/sign-in?next={path}"


@pytest.mark.parametrize(
    "day", ["today", "2026-13-01", "20260101", "0001-01-01", "9999-12-31", str(clock.day_in_seoul(NOW))]
)
def test_a_day_that_does_not_exist_or_has_not_ended_has_no_page(staff, day):
    assert staff.get(f"/admin/reconcile/{day}").status_code == 404


def test_the_admin_page_leads_to_the_days(staff):
    assert 'href="/admin/reconcile"' in staff.get("/admin").text


def test_a_shop_that_has_compared_nothing_lists_thirty_days_without_a_chart(staff):
    page = page_of(staff, "/admin/reconcile?lang=en")

    assert page.text.count("Not compared") == 30
    assert page.all("svg") == []


def test_the_days_show_what_was_collected_refunded_and_is_open(staff, refunded, run):
    run(only_report=True)

    page = page_of(staff, "/admin/reconcile?lang=en")

    assert "₩19,900 $49.99 ₩900 $0.00 ₩0 $0.00 ₩900 $0.00 1 difference left" in page.text
    assert f"/admin/reconcile/{DAY}" in [link.get("href") for link in page.all("a")]


def test_a_chart_per_currency_shows_two_bars_a_day(staff, refunded, run):
    run()

    page = page_of(staff, "/admin/reconcile?lang=en")

    assert [svg["role"] for svg in page.all("svg")] == ["img", "img"]
    heights = [(bar["class"], bar["height"], bar["y"]) for bar in page.all("rect")]
    assert heights == [
        ("chart__bar--collected", "100", "0"),
        ("chart__bar--refunded", "5", "95"),
        ("chart__bar--collected", "100", "0"),
        ("chart__bar--refunded", "0", "100"),
    ]


@pytest.mark.parametrize(
    ("lang", "kind", "rule", "open_", "repaired"),
    [
        ("en", "Refunded at the service, not here", "The shop reads the payment again", "Open", "Repaired"),
        ("ko", "결제 서비스에서 환불", "결제를 다시 조회해", "미해결", "해결"),
    ],
)
def test_a_days_page_shows_each_difference_and_the_rule_that_repairs_it(
    staff, refunded, run, lang, kind, rule, open_, repaired
):
    run(only_report=True)
    before = page_of(staff, f"/admin/reconcile/{DAY}?lang={lang}").text
    run()
    after = page_of(staff, f"/admin/reconcile/{DAY}?lang={lang}").text

    for page in (before, after):
        assert kind in page
        assert rule in page
        assert refunded.merchant_uid in page
    links = [link.get("href") for link in page_of(staff, f"/admin/reconcile/{DAY}").all("a")]
    assert f"/admin/orders/{refunded.merchant_uid}" in links
    assert f"flask reconcile --day {DAY}" in before
    assert open_ in before
    assert repaired in after
    assert f"flask reconcile --day {DAY}" not in after


def test_a_day_that_was_never_compared_says_how_to_compare_it(staff):
    page = page_of(staff, f"/admin/reconcile/{DAY}?lang=en").text

    assert "Not compared" in page
    assert f"flask reconcile --day {DAY}" in page


def test_another_shops_payments_are_counted(staff, refunded, run, desk):
    desk.client.pay({"merchant_uid": "bakery-1", "customer_uid": "cu", "amount": 500})
    run()

    page = page_of(staff, f"/admin/reconcile/{DAY}?lang=en").text

    assert "Payments compared: 2. Payments of other shops: 1." in page
