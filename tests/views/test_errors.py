"""What people and scripts learn when something is wrong, and what they never learn."""

import re
from dataclasses import replace

import pytest

import clock
import errors
from services import catalog
from tests.conftest import signed_in
from tests.factories import make_user, subscribe
from views.errors import ANSWERS

KEY, SECRET, SIGNING_KEY = "rest-key-5f1be7", "rest-secret-93ad0c", "signing-key-77c2e1"
SECRETS = (KEY, SECRET, SIGNING_KEY)

HANGUL = re.compile("[가-힣]")


@pytest.fixture
def config(config):
    return replace(config, IMP_KEY=KEY, IMP_SECRET=SECRET, SECRET_KEY=SIGNING_KEY)


@pytest.fixture
def crash(app, payments):
    """An unforeseen fault with a secret in its text, in an application that hides faults as in production."""

    def explode(*_args, **_fields):
        raise RuntimeError(f"imp_secret={SECRET}")

    app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)
    payments.ping = explode


# Pages and answers ----------------------------------------------------------------------------------------


def test_every_fact_has_an_answer():
    facts = {error.code for error in errors.ShopError.__subclasses__()}

    assert facts - set(ANSWERS) <= {"email_taken", "wrong_credentials", "illegal_step"}


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_missing_page_is_reported_in_the_readers_language(client, lang):
    answer = client.get("/nowhere", query_string={"lang": lang})

    title = re.search(r"<h1>(.*?)</h1>", answer.text)
    assert answer.status_code == 404
    assert f'<html lang="{lang}">' in answer.text
    assert bool(HANGUL.search(title[1])) is (lang == "ko")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/nowhere", 404, "http_404"), ("GET", "/orders", 405, "http_405"), ("POST", "/", 405, "http_405")],
)
@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_script_gets_code_and_sentence(client, method, path, status, code, lang):
    headers = {"Accept": "application/json", "Accept-Language": lang}

    answer = client.open(path, method=method, headers=headers)

    assert answer.status_code == status
    assert set(answer.json) == {"code", "message"}
    assert answer.json["code"] == code
    assert bool(HANGUL.search(answer.json["message"])) is (lang == "ko")


def test_a_request_that_is_too_large_is_refused(client):
    answer = client.post("/webhooks/iamport", data={"merchant_uid": "x" * 1_100_000})

    assert answer.status_code == 413


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_crash_shows_no_trace_and_no_secret(client, crash, accept):
    answer = client.get("/healthz", headers={"Accept": accept})

    assert answer.status_code == 500
    for word in ("Traceback", "RuntimeError", "imp_secret", ".py", SECRET):
        assert word not in answer.text


# What every answer carries --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/nowhere", "/account/sign-in", "/guides", "/guides/inicis"])
def test_only_our_files_and_the_payment_service_may_run_in_a_page(client, path):
    policy = dict(
        rule.strip().split(" ", 1) for rule in client.get(path).headers["Content-Security-Policy"].split(";") if rule
    )

    assert "unsafe" not in str(policy)
    assert "*" not in policy["script-src"].split()
    assert policy["default-src"] == "'self'"
    for source in ("script-src", "connect-src", "frame-src"):
        assert policy[source] == "'self' http://payments.test"
    assert policy["object-src"] == "'none'"
    assert policy["base-uri"] == "'self'"


def test_every_answer_carries_the_browsers_guards(client):
    headers = client.get("/").headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"


def test_no_page_holds_a_secret(app, client, shopper, desk, user, plan):
    subscription = subscribe(desk, user, plan, now=clock.now())
    staff = signed_in(app, make_user("staff@example.com", is_staff=True))
    mine = [f"/subscriptions/{subscription.id}{page}" for page in ("", "/card", "/cancellation")]
    mine += [f"/orders/{order.merchant_uid}{page}" for order in subscription.orders for page in ("", "/status")]
    plans = [f"/{place}/{plan.slug}" for plan in catalog.plans_on_sale() for place in ("plans", "checkout")]
    guides = [f"/guides/{guide}{page}" for guide in desk.guides for page in ("", "/frame")]
    visits = [(client, "/account/sign-in"), (client, "/account/sign-up"), (client, "/healthz"), (staff, "/admin")]
    visits += [(shopper, path) for path in ["/", "/guides", "/subscriptions", "/account", *mine, *plans, *guides]]

    answers = {path: visitor.get(path) for visitor, path in visits}

    assert {path: answer.status_code for path, answer in answers.items() if answer.status_code != 200} == {}
    assert [path for path, answer in answers.items() if any(secret in answer.text for secret in SECRETS)] == []


def test_an_order_answers_no_secret(shopper):
    body = {"plan": "coffee-monthly", "guide": "inicis", "buyer_name": "김지수"}

    answer = shopper.post("/orders", json={**body, "buyer_email": "j@example.com", "buyer_tel": "010-1234-5678"})

    assert answer.status_code == 201
    assert not any(secret in answer.text for secret in SECRETS)


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800"])
@pytest.mark.parametrize("path", ["/payments/complete", "/webhooks/iamport", "/orders"])
def test_characters_no_database_holds_are_an_invalid_request(shopper, path, text):
    answer = shopper.post(path, json={"merchant_uid": text, "imp_uid": text, "plan": text})

    assert answer.status_code == 400
    assert answer.json["code"] == "invalid_request"


@pytest.mark.parametrize(
    ("path", "status"), [("/plans/%00", 404), ("/orders/%00", 404), ("/payments/landing?merchant_uid=%00", 400)]
)
def test_addresses_no_database_holds_are_refused(shopper, path, status):
    assert shopper.get(path).status_code == status


@pytest.mark.parametrize("path", ["/webhooks/iamport", "/payments/complete", "/orders"])
def test_brackets_without_end_are_an_invalid_request(shopper, path):
    answer = shopper.post(path, data="[" * 200_000, content_type="application/json")

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")


@pytest.mark.parametrize("query", ["endpoint=x", "_method=PUT", "_external=1", "_anchor=x", "_scheme=ftp", "values=1"])
@pytest.mark.parametrize("path", ["/account/sign-in", "/account/sign-up"])
def test_what_an_address_says_does_not_choose_where_a_link_leads(client, path, query):
    answer = client.get(f"{path}?{query}&next=/admin")

    other = {"/account/sign-in": "/account/sign-up", "/account/sign-up": "/account/sign-in"}[path]
    assert answer.status_code == 200
    assert f'href="{other}?next=/admin"' in answer.text


# A form of an earlier visit -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("came_from", "back"),
    [
        ("http://localhost/subscriptions/7/card?lang=en", "/subscriptions/7/card?lang=en"),
        ("http://localhost/", "/"),
        (None, "/account/sign-in"),
        ("http://evil.example/subscriptions", "/account/sign-in"),
        ("http://localhost//evil.example/", "/account/sign-in"),
    ],
)
@pytest.mark.parametrize(("lang", "words"), [("ko", "페이지 다시 열기"), ("en", "Reopen the page")])
def test_a_form_of_an_earlier_visit_leads_back_to_its_page(app, client, came_from, back, lang, words):
    app.config["WTF_CSRF_ENABLED"] = True
    headers = {"Accept-Language": lang} | ({"Referer": came_from} if came_from else {})

    answer = client.post("/account/sign-in", data={"csrf_token": "of another visit"}, headers=headers)

    assert answer.status_code == 400
    assert re.search(rf'<a [^>]*href="{re.escape(back)}"[^>]*>\s*{words}', answer.text)
