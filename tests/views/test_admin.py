"""The admin page: what staff see, and that a shopper cannot find out that it exists."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event

import clock
from models import Refund, User, db
from services import checkout, payments, subscriptions
from services.checkout import Source
from services.iamport import Refused
from services.staff import trail
from tests.conftest import signed_in
from tests.factories import make_user, place_order, reconcile, subscribe, try_again
from tests.views.reading import page_of


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


def test_the_page_reads_no_more_often_for_more_subscriptions(staff, desk, plan):
    def statements_with(count: int) -> int:
        for n in range(count):
            subscribe(desk, make_user(f"{count}-{n}@example.com"), plan, now=clock.now())
        found: list[str] = []

        def count_it(_connection, _cursor, statement, *_more) -> None:
            found.append(statement)

        event.listen(db.engine, "before_cursor_execute", count_it)
        staff.get("/admin")
        event.remove(db.engine, "before_cursor_execute", count_it)
        return len(found)

    staff.get("/admin")  # the first request also reads what is kept

    assert statements_with(2) == statements_with(4)


def test_the_page_reads_no_more_often_for_more_of_anything(staff, desk, plan):
    """Cases, refunds, failed orders, members and acts of staff, each of another member."""

    def statements_with(count: int) -> int:
        for n in range(count):
            order = subscribe(desk, make_user(f"{count}-{n}@example.com"), plan, now=clock.now()).orders[0]
            desk.client.cancel_in_console(order.imp_uid)
            checkout.receive(
                desk, source=Source.CHECK, merchant_uid=order.merchant_uid, imp_uid=order.imp_uid, now=clock.now()
            )
            staff.post(f"/admin/orders/{order.merchant_uid}/checks")
            failed = place_order(desk, make_user(f"failed-{count}-{n}@example.com"), plan, now=clock.now())
            failed.mark_failed("no money", at=clock.now())
            details = {"imp_uid": f"imp_{n}", "amount": 1, "currency": "KRW", "created_at": clock.now()}
            refunded = place_order(desk, make_user(f"refunded-{count}-{n}@example.com"), plan, now=clock.now())
            db.session.add(Refund(order=refunded, **details))
        # The page lists the newest 50 members, so it has read the users of all older rows for the rows alone.
        newer = (f"{count}-newer-{n}@example.com" for n in range(50))
        db.session.add_all(User(email=email, name="민수", password_hash="", created_at=clock.now()) for email in newer)
        db.session.commit()
        found: list[str] = []

        def count_it(_connection, _cursor, statement, *_more) -> None:
            found.append(statement)

        event.listen(db.engine, "before_cursor_execute", count_it)
        page = page_of(staff, "/admin")
        event.remove(db.engine, "before_cursor_execute", count_it)
        assert all(page.all("section", **{"aria-labelledby": f"{name}-heading"}) for name in ("cases", "refunds"))
        return len(found)

    staff.get("/admin")  # the first request also reads what is kept

    assert statements_with(2) == statements_with(4)


def test_every_row_leads_to_what_it_is_about(staff, desk, user, plan):
    subscription = subscribe(desk, user, plan, now=clock.now())
    failed = place_order(desk, make_user("minsu@example.com"), plan, now=clock.now())
    failed.mark_failed("no money", at=clock.now())
    db.session.commit()
    staff.post(f"/admin/orders/{failed.merchant_uid}/checks")

    for address in ("/admin", f"/admin/members/{user.id}", f"/admin/subscriptions/{subscription.id}"):
        page = page_of(staff, address)
        rows = len(page.all("tr")) - len(page.all("thead"))
        opening = [link for link in page.all("a") if "row__link" in link.get("class", "")]
        assert rows == len([link for link in opening if link["href"].startswith("/admin/")]) > 0
        assert {staff.get(link["href"]).status_code for link in opening} == {200}


def test_a_members_page_leads_to_all_their_subscriptions_and_orders(staff, desk, user, plan):
    subscription = subscribe(desk, user, plan, now=clock.now())

    page = page_of(staff, f"/admin/members/{user.id}?lang=en")

    assert user.email in page.text
    assert page.all("a", href=f"/admin/subscriptions/{subscription.id}")
    assert all(page.all("a", href=f"/admin/orders/{order.merchant_uid}") for order in subscription.orders)


def test_staff_get_their_own_page_of_what_belongs_to_a_member(staff, desk, user, plan):
    subscription = subscribe(desk, user, plan, now=clock.now())
    order = subscription.orders[0]

    assert staff.get(f"/orders/{order.merchant_uid}").location == f"/admin/orders/{order.merchant_uid}"
    assert staff.get(f"/subscriptions/{subscription.id}").location == f"/admin/subscriptions/{subscription.id}"
    assert staff.post(f"/subscriptions/{subscription.id}/charges").status_code == 404
    assert staff.get("/orders/order_0", follow_redirects=True).status_code == 404
    assert staff.get("/subscriptions/4711", follow_redirects=True).status_code == 404


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


def cases_on(page):
    """Return the part of the admin page that lists the open cases."""
    return page[page.index('id="cases-heading"') : page.index('id="refunds-heading"')]


@pytest.mark.parametrize(("lang", "words"), [("en", "Refunded in full"), ("ko", "전액 환불")])
def test_staff_see_who_was_refunded_without_a_request_of_ours(staff, refunded, lang, words):
    cases = cases_on(staff.get(f"/admin?lang={lang}").text)

    assert words in cases
    assert refunded.merchant_uid in cases
    assert "jisoo@example.com" in cases


# What staff do --------------------------------------------------------------------------------------------

WHY = "The buyer called us"


@pytest.fixture
def paid(desk, user, plan):
    """The order that pays the current period."""
    return subscribe(desk, user, plan, now=clock.now()).orders[0]


def values_on(page, prefix):
    """Return the fields of the form with this prefix, as the page fills them."""
    inputs = [dict(re.findall(r'(name|value)="([^"]*)"', tag)) for tag in re.findall(r"<input[^>]*>", page)]
    return {tag["name"]: tag["value"] for tag in inputs if tag.get("name", "").startswith(prefix) and "value" in tag}


def send_refund(staff, order, **changes):
    shown = values_on(staff.get(f"/admin/orders/{order.merchant_uid}").text, "refund-")
    fields = {"reason": WHY, "effect": "keep", **changes}
    data = {**shown, **{f"refund-{name}": value for name, value in fields.items()}}
    return staff.post(f"/admin/orders/{order.merchant_uid}/refunds", data=data)


def send(staff, path, prefix, reason=WHY, **more):
    return staff.post(path, data={f"{prefix}-reason": reason, **more})


def acts():
    """Return kind, member of staff and reason of every act in the audit trail, the oldest first."""
    return [(act.kind, act.user.email, act.reason) for act in reversed(trail())]


PAGES_OF_STAFF = [
    ("GET", "/admin/orders/{order}"),
    ("POST", "/admin/orders/{order}/refunds"),
    ("POST", "/admin/orders/{order}/checks"),
    ("POST", "/admin/orders/{order}/chargebacks"),
    ("POST", "/admin/orders/{order}/dispute"),
    ("GET", "/admin/members/{member}"),
    ("GET", "/admin/subscriptions/{subscription}"),
    ("POST", "/admin/subscriptions/{subscription}/charges"),
    ("POST", "/admin/subscriptions/{subscription}/cancellation"),
    ("POST", "/admin/subscriptions/{subscription}/resumption"),
    ("POST", "/admin/cases/1/closing"),
]


@pytest.mark.parametrize(("method", "path"), PAGES_OF_STAFF)
def test_no_page_of_staff_exists_for_others(shopper, client, desk, paid, method, path):
    path = path.format(order=paid.merchant_uid, subscription=paid.subscription_id, member=paid.user_id)
    calls = len(desk.client.calls)

    buyers, visitors = (visitor.open(path, method=method) for visitor in (shopper, client))

    assert (buyers.status_code, visitors.status_code) == (404, 302)
    assert visitors.location.startswith("/account/sign-in?next=")
    assert (len(desk.client.calls), acts()) == (calls, [])


@pytest.mark.parametrize(
    "path",
    [
        "/admin/orders/order_0",
        *(f"/admin/{of}/{number}" for of in ("subscriptions", "members") for number in (0, 4711, 9**12)),
    ],
)
def test_what_does_not_exist_is_not_found_by_staff_either(staff, path):
    assert staff.get(path).status_code == 404


def test_a_case_that_does_not_exist_is_not_closed(staff):
    assert send(staff, "/admin/cases/4711/closing", "case-4711").status_code == 404


@pytest.mark.parametrize(("card", "is_again", "badge"), [
    ("declined", False, "Not started"), ("declined", True, "Starting"), ("", False, "Starting"),
])  # fmt: skip
@pytest.mark.parametrize("guide", ["inicis", "jtnet"])
def test_a_subscription_starts_only_while_a_window_is_open(staff, desk, user, plan, guide, card, is_again, badge):
    order = place_order(desk, user, plan, guide, now=clock.now())
    if card:
        imp_uid = desk.client.pay(checkout.request(desk, order, language="ko"), card=card)
        payments.settle(desk, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=clock.now())
    if is_again:
        try_again(desk, order.subscription, guide, now=clock.now())

    paths = (f"/admin/orders/{order.merchant_uid}", f"/admin/subscriptions/{order.subscription_id}")
    pages = [staff.get(path, headers={"Accept-Language": "en"}).text for path in paths]

    assert [[word in page for word in ("Not started", "Starting")] for page in pages] == [
        [badge == "Not started", badge == "Starting"]
    ] * 2


def test_staff_refund_all_that_is_left_and_end_the_subscription(staff, desk, paid):
    assert 'value="19900"' in staff.get(f"/admin/orders/{paid.merchant_uid}?lang=en").text

    answer = send_refund(staff, paid, effect="end")

    assert answer.location == f"/admin/orders/{paid.merchant_uid}"
    assert (paid.refunded, paid.subscription.status.value) == (19900, "cancelled")
    assert acts() == [("refund", "staff@example.com", WHY)]
    page = staff.get(f"/admin/orders/{paid.merchant_uid}").text
    assert "The refund is made." in page
    assert "Nothing can be refunded now" in page


@pytest.mark.parametrize(
    ("lang", "words"), [("ko", "일주일 동안 결제 기록에"), ("en", "not shown this refund for a week")]
)
def test_a_refund_that_no_record_shows_says_so_in_the_language_of_the_page(staff, desk, paid, lang, words):
    desk.client.cancels_later = True
    send_refund(staff, paid, amount="1000")
    for days in (1, 8):
        reconcile(desk, now=clock.now() + timedelta(days=days))

    pages = [
        staff.get(path, headers={"Accept-Language": lang}).text
        for path in ("/admin", f"/admin/orders/{paid.merchant_uid}")
    ]

    assert [words in page for page in pages] == [True, True]


@pytest.mark.parametrize(
    ("lang", "words"), [("ko", "결제에 남은 금액이 이 환불액보다 적습니다"), ("en", "Less than this amount is left")]
)
def test_a_refund_larger_than_what_is_left_says_so_and_is_not_repeated(staff, desk, paid, lang, words):
    desk.client.silent_call = "cancel"
    send_refund(staff, paid, amount="10000")
    desk.client.silent_call = ""
    desk.client.cancel_in_console(paid.imp_uid, Decimal(9_950))
    reconcile(desk, now=clock.now() + timedelta(minutes=3))

    headers = {"Accept-Language": lang}
    pages = [staff.get(path, headers=headers).text for path in ("/admin", f"/admin/orders/{paid.merchant_uid}")]

    assert all(words in page for page in pages)
    assert desk.client.calls.count("cancel") == 1


def test_staff_refund_a_part_of_dollars(staff, desk, user, dollar_plan):
    order = subscribe(desk, user, dollar_plan, "paymentwall", now=clock.now()).orders[0]

    send_refund(staff, order, amount="4.50")

    assert (order.refunded, order.subscription.status.value) == (450, "active")


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": "0"},
        {"amount": "-5"},
        {"amount": "19901"},
        {"amount": "NaN"},
        {"amount": "Infinity"},
        {"amount": "much"},
        {"amount": ""},
        {"left": ""},
        {"reason": " "},
        {"reason": "x" * 201},
        {"effect": ""},
        {"effect": "free"},
        {"amount": "0.5"},
    ],
)
def test_a_refund_that_is_not_filled_in_as_it_should_be_is_not_made(staff, desk, paid, wrong):
    assert send_refund(staff, paid, **wrong).status_code == 400

    assert ("cancel" in desk.client.calls, acts()) == (False, [])


def test_a_refund_that_is_sent_twice_is_made_once(staff, desk, paid):
    form = values_on(staff.get(f"/admin/orders/{paid.merchant_uid}").text, "refund-")
    form |= {"refund-amount": "1000", "refund-reason": WHY, "refund-effect": "keep"}

    answers = [staff.post(f"/admin/orders/{paid.merchant_uid}/refunds", data=form) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 409]
    assert (paid.refunded, desk.client.calls.count("cancel")) == (1000, 1)


def test_while_the_service_is_silent_nothing_is_offered_to_refund(staff, desk, paid):
    desk.client.silent = True

    page = staff.get(f"/admin/orders/{paid.merchant_uid}?lang=en").text

    assert "does not know what is left" in page
    assert "refund-amount" not in page


@pytest.mark.parametrize(("card", "shown"), [("approved", [False, True]), ("no_money_later", [False, False])])
def test_staff_see_what_is_left_only_of_a_payment_that_moved_money(staff, desk, user, plan, card, shown):
    subscription = subscribe(desk, user, plan, card=card, now=clock.now())

    pages = [staff.get(f"/admin/orders/{one.merchant_uid}?lang=en").text for one in subscription.orders]

    assert sorted("Left, as the payment service reports" in page for page in pages) == shown


def test_staff_read_an_order_again_and_close_its_case(staff, desk, paid):
    desk.client.cancel_in_console(paid.imp_uid)

    staff.post(f"/admin/orders/{paid.merchant_uid}/checks")
    (case,) = paid.cases
    answer = send(staff, f"/admin/cases/{case.id}/closing", f"case-{case.id}")

    assert answer.location == f"/admin/orders/{paid.merchant_uid}"
    assert (case.closed_by.email, case.note) == ("staff@example.com", WHY)
    assert [kind for kind, *_ in acts()] == ["read_again", "close_case"]
    assert paid.merchant_uid not in cases_on(staff.get("/admin").text)
    assert "Closed cases" in staff.get(f"/admin/orders/{paid.merchant_uid}?lang=en").text


def test_a_case_is_not_closed_without_a_note(staff, refunded):
    (case,) = refunded.cases

    assert send(staff, f"/admin/cases/{case.id}/closing", f"case-{case.id}", reason="").status_code == 400
    assert case.closed_at is None


def test_staff_resume_what_was_suspended(staff, refunded):
    subscription = refunded.subscription
    path = f"/admin/subscriptions/{subscription.id}"
    assert "Resume subscription" in staff.get(f"{path}?lang=en").text

    answers = [send(staff, f"{path}/resumption", "resume") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 409]
    assert subscription.status.value == "active"
    assert acts() == [("resume", "staff@example.com", WHY)]


def test_staff_record_a_chargeback_and_that_the_dispute_was_won(staff, paid):
    path = f"/admin/orders/{paid.merchant_uid}"

    send(staff, f"{path}/chargebacks", "chargeback")
    assert (paid.invoice.status.value, paid.subscription.status.value) == ("reversed", "suspended")
    assert "Chargeback" in cases_on(staff.get("/admin?lang=en").text)

    send(staff, f"{path}/dispute", "dispute")
    assert (paid.invoice.status.value, paid.subscription.status.value) == ("paid", "active")
    assert [kind for kind, *_ in acts()] == ["chargeback", "dispute_won"]
    assert send(staff, f"{path}/dispute", "dispute").status_code == 409


def test_staff_charge_the_next_period_once(staff, desk, paid):
    path = f"/admin/subscriptions/{paid.subscription_id}"
    form = {**values_on(staff.get(path).text, "charge-"), "charge-reason": WHY}

    first, again = (staff.post(f"{path}/charges", data=form) for _ in range(2))

    assert first.location == again.location
    assert len(desk.client.charges) == 2  # the first payment, and this one
    assert acts() == [("charge", "staff@example.com", WHY)] * 2


def test_staff_charge_nothing_without_a_reason(staff, desk, paid):
    path = f"/admin/subscriptions/{paid.subscription_id}"
    form = values_on(staff.get(path).text, "charge-")

    assert staff.post(f"{path}/charges", data=form).status_code == 400
    assert (len(desk.client.charges), acts()) == (1, [])


def test_staff_end_a_subscription(staff, paid):
    path = f"/admin/subscriptions/{paid.subscription_id}"

    answers = [send(staff, f"{path}/cancellation", "cancel") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 409]
    assert (paid.subscription.status.value, paid.invoice.status.value) == ("cancelled", "paid")
    assert "Cancel subscription" not in staff.get(f"{path}?lang=en").text


@pytest.mark.parametrize(
    ("effect", "words"), [("period_end", "ends with its paid period"), ("end", "subscription ended")]
)
def test_staff_choose_when_the_access_of_a_cancelled_subscription_ends(staff, paid, effect, words):
    until = paid.subscription.paid_until

    send(staff, f"/admin/subscriptions/{paid.subscription_id}/cancellation", "cancel", **{"cancel-effect": effect})

    page = staff.get(f"/admin/subscriptions/{paid.subscription_id}", headers={"Accept-Language": "en"}).text
    assert (paid.subscription.paid_until == until, words in page) == (effect == "period_end", True)


def test_a_cancellation_with_an_unknown_choice_ends_nothing(staff, paid):
    path = f"/admin/subscriptions/{paid.subscription_id}/cancellation"

    assert send(staff, path, "cancel", **{"cancel-effect": "keep"}).status_code == 400
    assert paid.subscription.is_alive


def test_an_act_of_staff_needs_the_token_of_the_page(app, staff, paid):
    app.config["WTF_CSRF_ENABLED"] = True

    answer = send(staff, f"/admin/orders/{paid.merchant_uid}/chargebacks", "chargeback")

    assert (answer.status_code, paid.invoice.status.value) == (400, "paid")


def test_the_admin_page_shows_who_did_what(staff, paid):
    send(staff, f"/admin/orders/{paid.merchant_uid}/chargebacks", "chargeback")

    page = staff.get("/admin?lang=en").text

    trail_on_page = page[page.index('id="trail-heading"') :]
    assert "staff@example.com" in trail_on_page
    assert WHY in trail_on_page
