"""How often a visitor may try to sign in or up, and how often one order's return is read."""

from dataclasses import replace
from functools import partial

import pytest
from werkzeug.security import generate_password_hash

from models import Notice, User, db
from services import checkout
from tests.factories import make_user, place_order

PASSWORD = "correct horse"
PERSON = {"name": "김지수", "tel": "010-1234-5678", "password": PASSWORD}


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch):
    """Make hashing fast: one password takes a tenth of a second, and these tests hash hundreds."""
    quick = partial(generate_password_hash, method="pbkdf2:sha256:1")
    monkeypatch.setattr("models.generate_password_hash", quick)
    monkeypatch.setattr("services.accounts.UNKNOWN_USER_HASH", quick(""))


@pytest.fixture
def config(config):
    return replace(config, RATELIMIT_ENABLED=True)


@pytest.fixture
def member(app) -> User:
    member = make_user()
    member.set_password(PASSWORD)
    db.session.commit()
    return member


def sign_in(client, email="jisoo@example.com", password=PASSWORD, *, address="203.0.113.7", **options):
    form = {"email": email, "password": password}
    return client.post("/account/sign-in", data=form, environ_base={"REMOTE_ADDR": address}, **options)


def guess(client, times, **options) -> None:
    for _ in range(times):
        assert sign_in(client, password="wrong horse", **options).status_code == 200


def test_passwords_of_one_account_cannot_be_guessed_from_one_address(client, member):
    guess(client, 10)

    assert sign_in(client).status_code == 429


@pytest.mark.parametrize("addresses", [1, 30])
def test_wrong_passwords_of_others_do_not_keep_the_owner_out(client, member, addresses):
    for n in range(addresses):
        guess(client, 10, address=f"203.0.113.{n}")

    assert sign_in(client, address="198.51.100.1").status_code == 302


def test_attempts_of_others_do_not_keep_a_person_from_signing_up(client):
    person = {**PERSON, "email": "jisoo@example.com"}
    for n in range(30):
        form = {**person, "password": ""}
        client.post("/account/sign-up", data=form, environ_base={"REMOTE_ADDR": f"203.0.113.{n % 3}"})

    assert client.post("/account/sign-up", data=person, environ_base={"REMOTE_ADDR": "198.51.100.1"}).status_code == 302


@pytest.mark.parametrize(
    ("guesser", "same", "other"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1"),
        ("::ffff:203.0.113.7", "203.0.113.7", "::ffff:203.0.113.8"),
    ],
)
def test_a_customer_of_a_network_is_one_address(client, member, guesser, same, other):
    guess(client, 10, address=guesser)

    assert sign_in(client, address=same).status_code == 429
    assert sign_in(client, address=other).status_code == 302


def test_one_address_cannot_guess_at_many_accounts(client, member):
    for n in range(50):
        guess(client, 1, email=f"{n}@example.com")

    assert sign_in(client).status_code == 429
    assert sign_in(client, address="203.0.113.8").status_code == 302


def test_signing_in_is_not_limited_for_those_who_know_the_password(client, member):
    assert {sign_in(client).status_code for _ in range(60)} == {302}


@pytest.mark.parametrize("email", ["JISOO@example.com", " jisoo@example.com "])
def test_another_spelling_is_the_same_account(client, member, email):
    guess(client, 10)

    assert sign_in(client, email=email).status_code == 429


@pytest.mark.parametrize(("language", "sentence"), [("ko", "너무 자주 시도했습니다"), ("en", "Too many attempts")])
def test_one_too_many_is_refused_with_code_and_time_in_the_readers_language(client, member, language, sentence):
    guess(client, 10)

    page = sign_in(client, headers={"Accept-Language": language})
    script = sign_in(client, headers={"Accept-Language": language, "Accept": "application/json"})

    assert (page.status_code, script.status_code, script.json["code"]) == (429, 429, "http_429")
    assert sentence in page.text
    assert sentence in script.json["message"]
    assert 0 < int(page.headers["Retry-After"]) <= 900


def test_the_form_itself_is_never_refused(client, member):
    guess(client, 10)

    assert client.get("/account/sign-in").status_code == 200


def test_one_address_cannot_make_accounts_without_end(client):
    answers = [client.post("/account/sign-up", data={**PERSON, "email": f"{n}@example.com"}) for n in range(61)]

    assert [answer.status_code for answer in answers] == [302] * 60 + [429]


def test_one_orders_return_is_read_a_bounded_number_of_times_and_then_left_to_the_worker(client, desk, app, plan):
    order = place_order(desk, make_user(), plan)
    desk.client.pay(checkout.request(desk, order, language="ko"))
    merchant_uid = order.merchant_uid
    for n in range(20):
        client.get(f"/payments/landing?merchant_uid={merchant_uid}", environ_base={"REMOTE_ADDR": f"203.0.113.{n}"})
    desk.client.calls.clear()

    landing = client.get(f"/payments/landing?merchant_uid={merchant_uid}&imp_uid=imp_forged")
    complete = client.post("/payments/complete", json={"merchant_uid": merchant_uid})

    assert landing.location == complete.json["location"] == f"/orders/{merchant_uid}"
    assert desk.client.calls == []
    assert [(notice.imp_uid, notice.by_webhook) for notice in db.session.query(Notice)] == [
        ("imp_forged", False),
        ("", False),
    ]


def test_an_unknown_orders_return_leads_to_the_subscriptions_above_the_limit_too(client):
    answers = [client.get("/payments/landing?merchant_uid=unknown").location for _ in range(21)]

    assert answers == ["/subscriptions"] * 21


def test_a_malformed_report_is_refused_below_and_above_the_limit_and_leaves_the_limits_as_they_are(client, caplog):
    broken = [client.post("/payments/complete", json={"merchant_uid": "a\0"}).status_code for _ in range(25)]

    assert set(broken[:20]) == {400}
    assert set(broken[20:]) <= {200, 400}
    assert "storage unreachable" not in caplog.text
