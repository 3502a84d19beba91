"""What every form of the shop owes its reader after it was sent: a title that says an error first, and the focus."""

from urllib.parse import parse_qs, urlsplit

import pytest

import clock
from tests.conftest import signed_in
from tests.factories import make_user, place_order, subscribe
from tests.views.reading import Page

PAGES = {
    "visitor": ["/account/sign-in", "/account/sign-up"],
    "shopper": [
        "/checkout/coffee-monthly",
        "/guides/inicis/frame",
        "/subscriptions/{subscription}",
        "/subscriptions/{subscription}/card",
        "/subscriptions/{subscription}/cancellation",
        "/orders/{order}",
    ],
    "staff": ["/admin/subscriptions/{subscription}", "/admin/orders/{charge}", "/admin/orders/{order}"],
}
"""Every page with forms, by who sees it. Each form is sent empty: some then do what they are for, others are wrong."""
ERROR = {"en": "Error: ", "ko": "오류: "}


@pytest.fixture
def clients(app, user):
    staff = make_user("staff@example.com", is_staff=True)
    return {
        "visitor": app.test_client,
        "shopper": lambda: signed_in(app, user),
        "staff": lambda: signed_in(app, staff),
    }


@pytest.fixture
def paths(desk, user, plan, dollar_plan):
    subscription = subscribe(desk, user, plan, now=clock.now())
    order = place_order(desk, user, dollar_plan, "paymentwall", now=clock.now())
    charge = next(one for one in subscription.orders if not one.issues_key)
    return {"subscription": subscription.id, "order": order.merchant_uid, "charge": charge.merchant_uid}


def title_of(text: str) -> str:
    return text.split("<title", 1)[1].split(">", 1)[1].split("</title>")[0]


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("visitor", list(PAGES))
def test_every_form_says_what_came_of_it(clients, paths, visitor, lang):
    sent = 0
    for path in PAGES[visitor]:
        address = path.format(**paths)
        forms = Page(clients[visitor]().get(address).text).all("form", method="post")
        for form in forms:
            sender, about = clients[visitor](), f"{form.get('action', address)} on {address}"
            answer = sender.post(
                form.get("action", address), headers={"Accept-Language": lang, "Referer": f"http://localhost{address}"}
            )
            is_done = answer.status_code == 302
            if is_done:
                answer = sender.get(answer.location, headers={"Accept-Language": lang})
            page = Page(answer.text)
            assert title_of(answer.text).startswith(ERROR[lang]) is not is_done, about
            assert [tag for tag, attributes in page.elements if "autofocus" in attributes], about
            assert [one for one in page.all("input", **{"aria-invalid": "true"}) if not one["aria-describedby"]] == []
            sent += 1
    assert sent >= len(PAGES[visitor])


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_first_field_that_is_wrong_gets_the_focus(client, lang):
    form = {"name": "Jisoo Kim", "email": "nobody", "tel": "", "password": "x"}

    page = Page(client.post(f"/account/sign-up?lang={lang}", data=form).text)

    wrong = [field["name"] for field in page.all("input", **{"aria-invalid": "true"})]
    focused = [attributes["name"] for tag, attributes in page.elements if "autofocus" in attributes]
    assert wrong == focused == ["email", "tel", "password"]


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_what_was_done_gets_the_focus_and_is_no_error(shopper, paths, lang):
    cancelled = shopper.post(f"/subscriptions/{paths['subscription']}/cancellation?lang={lang}", follow_redirects=True)
    checked = shopper.post(f"/orders/{paths['order']}/checks?lang={lang}", follow_redirects=True)

    for answer in (cancelled, checked):
        page = Page(answer.text)
        (message,) = page.all("div", role="status", tabindex="-1")
        assert "autofocus" in message
        assert not title_of(answer.text).startswith(ERROR[lang])


def test_a_failed_charge_without_a_script_is_an_error_in_the_title(shopper, desk, user, plan, long_ago):
    subscription = subscribe(desk, user, plan, card="no_money_at_renewal", now=long_ago)

    answer = shopper.post(
        f"/subscriptions/{subscription.id}/charges?lang=en",
        data={"period_start": subscription.paid_until.isoformat()},
        follow_redirects=True,
    )

    assert title_of(answer.text).startswith("Error: ")


# A session that has ended ---------------------------------------------------------------------------------

FORMS = ["/subscriptions/{}/charges", "/subscriptions/{}/cancellation", "/admin/subscriptions/{}/charges"]


@pytest.mark.parametrize("has_csrf", [True, False], ids=["token-gone", "signed-out"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("en", "You are not signed in any more, so nothing was done."),
        ("ko", "로그인이 해제되어 요청이 처리되지 않았습니다."),
    ],
)
def test_a_form_after_the_session_leads_to_sign_in_and_back(app, client, paths, form, has_csrf, lang, sentence, desk):
    app.config["WTF_CSRF_ENABLED"] = has_csrf
    page = f"/subscriptions/{paths['subscription']}?from=mail"
    charges = len(desk.client.charges)

    answer = client.post(
        form.format(paths["subscription"]), headers={"Referer": f"http://localhost{page}", "Accept-Language": lang}
    )
    sign_in = client.get(answer.location, headers={"Accept-Language": lang})

    assert answer.status_code == 302
    assert sentence in sign_in.text
    assert title_of(sign_in.text).startswith(ERROR[lang])
    assert parse_qs(urlsplit(answer.location).query) == {"next": [page]}
    assert len(desk.client.charges) == charges


def test_a_script_after_the_session_is_told_to_sign_in_and_where(app, client):
    app.config["WTF_CSRF_ENABLED"] = True

    answer = client.post("/orders", json={}, headers={"Referer": "http://localhost/checkout/coffee-monthly"})

    assert (answer.status_code, answer.json["code"]) == (401, "http_401")
    assert answer.json["location"] == "/account/sign-in?next=/checkout/coffee-monthly"


def test_a_form_without_a_page_leads_to_my_subscriptions(client, paths):
    answer = client.post(f"/subscriptions/{paths['subscription']}/charges")

    assert answer.location == "/account/sign-in?next=/subscriptions"
