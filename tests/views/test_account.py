"""Signing up, in and out, and the page that each leads to."""

import re

import pytest
from sqlalchemy import event, select
from werkzeug.security import generate_password_hash

from models import User, db
from services import accounts
from tests.conftest import signed_in
from tests.factories import make_user

PASSWORD = "correct horse"
HASH = generate_password_hash(PASSWORD, method="pbkdf2:sha256:1")
"""Much faster to check than the shop's hashes. A test has no attacker."""
PERSON = {"name": "김지수", "email": "jisoo@example.com", "tel": "010-1234-5678", "password": PASSWORD}


@pytest.fixture
def member(user) -> User:
    user.password_hash = HASH
    db.session.commit()
    return user


def sign_in(client, **changes):
    return client.post("/account/sign-in?lang=en", data={"email": "jisoo@example.com", "password": PASSWORD, **changes})


@pytest.mark.parametrize("path", ["/subscriptions", "/account", "/admin", "/checkout/coffee-monthly"])
def test_a_page_for_members_leads_to_sign_in_and_back(client, member, path):
    redirect = client.get(path)
    assert (redirect.status_code, redirect.location) == (302, f"/account/sign-in?next={path}")

    answer = client.post(redirect.location, data={"email": "jisoo@example.com", "password": PASSWORD})

    assert (answer.status_code, answer.location) == (302, path)


def test_the_query_of_the_page_is_kept(client, member):
    redirect = client.get("/subscriptions?lang=en&page=2")

    answer = client.post(redirect.location, data={"email": "jisoo@example.com", "password": PASSWORD})

    assert answer.location == "/subscriptions?lang=en&page=2"


@pytest.mark.parametrize(("is_staff", "start"), [(True, "/admin"), (False, "/subscriptions")])
def test_who_wanted_no_page_starts_where_their_work_is(client, member, is_staff, start):
    member.is_staff = is_staff
    db.session.commit()

    answer = client.post("/account/sign-in", data={"email": "jisoo@example.com", "password": PASSWORD})

    assert answer.location == start


ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\t\\evil.example",
    "javascript:alert(1)",
    "evil.example",
    "http:evil.example",
    " //evil.example",
]


@pytest.mark.parametrize("elsewhere", ELSEWHERE, ids=repr)
def test_signing_in_never_leads_out_of_the_shop(client, member, elsewhere):
    form = {"email": member.email, "password": PASSWORD}

    answer = client.post("/account/sign-in", query_string={"next": elsewhere}, data=form)

    assert (answer.status_code, answer.location) == (302, "/subscriptions")


@pytest.mark.parametrize(("wanted", "location"), [("/admin?a=1", "/admin?a=1"), (ELSEWHERE[0], "/subscriptions")])
def test_signing_up_leads_where_signing_in_does(client, wanted, location):
    answer = client.post("/account/sign-up", query_string={"next": wanted}, data=PERSON)

    assert (answer.status_code, answer.location) == (302, location)


@pytest.mark.parametrize(
    "wrong",
    [{"password": "wrong horse"}, {"email": "nobody@example.com"}, {"email": "NOBODY@example.com", "password": "x"}],
    ids=repr,
)
def test_wrong_credentials_sign_nobody_in_and_do_not_tell_which(client, member, wrong):
    answer = sign_in(client, **wrong)

    assert answer.status_code == 200
    assert "The e-mail or the password is incorrect." in answer.text
    assert client.get("/account").status_code == 302


def test_a_password_is_never_sent_back(client, member):
    answer = sign_in(client, password="wrong-but-long-password")

    assert "wrong-but-long-password" not in answer.text


def test_signing_up_signs_in(client):
    answer = client.post("/account/sign-up", data=PERSON)

    assert (answer.status_code, answer.location) == (302, "/subscriptions")
    assert "jisoo@example.com" in client.get("/account").text
    assert accounts.by_email("jisoo@example.com").is_staff is False


def test_nobody_makes_themselves_staff(client):
    client.post("/account/sign-up", data={**PERSON, "is_staff": "1"})

    assert client.get("/admin").status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("email", "jisoo"),
        ("email", ""),
        ("tel", "call me"),
        ("password", "short"),
        ("password", "x" * 201),
    ],
)
@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_form_that_is_wrong_is_shown_again_with_the_reason(client, field, value, lang):
    answer = client.post("/account/sign-up", query_string={"lang": lang}, data={**PERSON, field: value})

    assert answer.status_code == 200
    assert 'aria-invalid="true"' in answer.text
    assert db.session.query(User).count() == 0


@pytest.mark.parametrize(
    ("path", "form", "wrong"),
    [
        ("sign-in", {"email": "jisoo@example.com", "password": "wrong horse"}, "password"),
        ("sign-in", {"email": "jisoo", "password": PASSWORD}, "email"),
        ("sign-up", {**PERSON, "tel": "call me"}, "tel"),
    ],
)
def test_what_is_wrong_interrupts_a_screen_reader(client, member, path, form, wrong):
    before = client.get(f"/account/{path}").text

    answer = client.post(f"/account/{path}", data=form)

    assert 'role="alert"' not in before
    assert re.findall(r'data-error-for="(\w+)" role="alert">[^<]', answer.text) == [wrong]


def test_an_address_that_is_taken_is_reported(client, member):
    answer = client.post("/account/sign-up?lang=en", data={**PERSON, "email": "JISOO@example.com"})

    assert "An account with this e-mail already exists." in answer.text
    assert db.session.query(User).count() == 1


def test_signing_out_takes_a_post(client, member):
    sign_in(client)
    assert client.get("/account/sign-out").status_code == 405
    assert client.get("/account").status_code == 200

    answer = client.post("/account/sign-out")

    assert (answer.status_code, answer.location) == (302, "/")
    assert client.get("/account").status_code == 302


@pytest.fixture
def copied(app, client, member):
    """Another browser with a copy of the cookie that `client` has after signing in."""
    sign_in(client)
    thief = app.test_client()
    thief.set_cookie("maedal_session", client.get_cookie("maedal_session").value)
    assert thief.get("/account").status_code == 200
    return thief


def test_a_copied_cookie_ends_with_the_sign_out(client, copied):
    client.post("/account/sign-out")

    assert copied.get("/account").status_code == 302


def test_signing_in_again_ends_the_session_before_it(client, copied):
    sign_in(client)

    assert copied.get("/account").status_code == 302
    assert client.get("/account").status_code == 200


def test_signing_out_leaves_other_browsers_signed_in(app, client, copied):
    elsewhere = app.test_client()
    sign_in(elsewhere)

    client.post("/account/sign-out")

    assert elsewhere.get("/account").status_code == 200


def test_signing_out_everywhere_ends_every_session_of_the_person(app, client, member):
    other = signed_in(app, make_user("minsu@example.com"))
    elsewhere = app.test_client()
    for browser in (client, elsewhere):
        sign_in(browser)

    answer = client.post("/account/sign-out-everywhere")

    assert (answer.status_code, answer.location) == (302, "/")
    assert [browser.get("/account").status_code for browser in (client, elsewhere, other)] == [302, 302, 200]


@pytest.mark.parametrize("forged", ["1", "", "x" * 43], ids=repr)
def test_a_cookie_without_a_session_signs_nobody_in(client, member, forged):
    with client.session_transaction() as session:
        session["_user_id"] = forged

    assert client.get("/account").status_code == 302


def test_a_request_reads_session_and_person_in_one_query(shopper):
    read: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda _connection, _cursor, statement, *_: read.append(statement))

    shopper.get("/account")

    (of_session,) = [statement for statement in read if "sessions" in statement]
    assert [statement for statement in read if "users" in statement] == [of_session]


def test_neither_a_log_nor_the_database_has_what_a_cookie_signs_in_with(client, member, caplog):
    caplog.set_level("DEBUG")
    sign_in(client)

    with client.session_transaction() as session:
        token = session["_user_id"]
    rows = [dict(row) for row in db.session.execute(select(db.metadata.tables["sessions"])).mappings()]
    assert len(rows) == 1
    assert token not in str(rows)
    assert token not in caplog.text


def test_forms_need_the_token_of_their_page(app, client, member):
    app.config["WTF_CSRF_ENABLED"] = True

    assert sign_in(client).status_code == 400
    assert client.get("/account").status_code == 302


def test_no_token_outlives_a_sign_in_or_a_sign_out(app, client, member):
    """Another site on the same host can give a browser a cookie, and knows the token in it."""
    app.config["WTF_CSRF_ENABLED"] = True
    form = {"email": "jisoo@example.com", "password": PASSWORD}

    for path in ("/account/sign-in", "/account/sign-out"):
        page = client.get("/account/sign-in").text
        before = {"csrf_token": re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)[1]}
        assert client.post(path, data={**form, **before}).status_code == 302
        assert client.post("/account/sign-in", data={**form, **before}).status_code == 400


def test_the_profile_is_the_persons_own(shopper, user):
    page = shopper.get("/account").text

    assert "김지수" in page
    assert "jisoo@example.com" in page


def test_a_cookie_of_somebody_who_is_gone_signs_nobody_in(shopper, user):
    db.session.delete(user)
    db.session.commit()

    assert shopper.get("/account").status_code == 302


def test_the_session_cookie_is_ours_and_out_of_reach_of_scripts(client, member):
    (cookie,) = sign_in(client).headers.getlist("Set-Cookie")

    assert cookie.startswith("maedal_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
