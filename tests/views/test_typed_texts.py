"""Every place where a person types: the shop keeps what they see, in one form."""

import unicodedata

import pytest
from flask_wtf import FlaskForm
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from werkzeug.security import generate_password_hash
from wtforms import EmailField, PasswordField, StringField, TelField

import clock
import forms
from app import ROOT
from models import Order, StaffAction, User, db
from services import charges, guides
from tests.conftest import signed_in
from tests.factories import make_user, subscribe

FAMILY = "👨\N{ZERO WIDTH JOINER}👩\N{ZERO WIDTH JOINER}👧"
PASSWORD = " cor\N{NO-BREAK SPACE}rect  horse "
NAME = (
    "\N{RIGHT-TO-LEFT OVERRIDE}\N{IDEOGRAPHIC SPACE}"
    + unicodedata.normalize("NFD", "김")
    + "\N{NO-BREAK SPACE} 지수\x07 "
)
EMAIL, TEL = "\N{ZERO WIDTH SPACE}ｊisoo@Example。com ", "\N{LEFT-TO-RIGHT EMBEDDING}０１０ 1234–5678"
TYPED = {EmailField: (EMAIL, "jisoo@example.com"), TelField: (TEL, "0101234-5678"), StringField: (NAME, "김 지수")}
FORMS = [one for one in vars(forms).values() if isinstance(one, type) and issubclass(one, FlaskForm)]


@pytest.mark.parametrize("form_class", FORMS, ids=lambda form: form.__name__)
@pytest.mark.parametrize("as_json", [False, True])
def test_every_text_field_of_every_form_brings_its_text_to_one_form(app, form_class, as_json):
    with app.test_request_context(method="POST"):
        for field in form_class():
            kind = next((kind for kind in TYPED if isinstance(field, kind)), None)
            if kind is None or isinstance(field, PasswordField):
                continue
            typed, kept = TYPED[kind]
            sent = {"data": {field.name: typed}} if as_json else {"formdata": MultiDict({field.name: typed})}
            form = form_class(**{"formdata": None, **sent})

            assert form[field.name].data == kept, field.name


def test_an_account_is_stored_in_one_form_and_a_password_as_it_is_typed(client):
    form = {"name": NAME, "email": EMAIL, "tel": TEL, "password": PASSWORD}
    client.post("/account/sign-up", data=form)

    user = db.session.query(User).one()
    assert (user.name, user.email, user.tel) == ("김 지수", "jisoo@example.com", "0101234-5678")
    client.post("/account/sign-out")
    client.post("/account/sign-in", data={"email": "jisoo@example.com", "password": PASSWORD.strip()})
    assert client.get("/account").status_code == 302
    client.post("/account/sign-in", data={"email": EMAIL, "password": PASSWORD})
    assert client.get("/account").status_code == 200


@pytest.mark.parametrize("email", ["ｊisoo@example.com", "jisoo@example。com"])
def test_an_address_in_another_form_makes_no_second_account(client, user, email):
    form = {"name": "김지수", "email": email, "tel": "010-1234-5678", "password": PASSWORD}
    answer = client.post("/account/sign-up?lang=en", data=form)

    assert "An account with this e-mail already exists." in answer.text
    assert db.session.query(User).count() == 1


def test_two_old_accounts_that_differ_only_in_form_both_sign_in(app, user):
    old = make_user("ｊisoo@example.com")
    for one, password in ((user, "first horse"), (old, "second horse")):
        one.password_hash = generate_password_hash(password, method="pbkdf2:sha256:1")
    db.session.commit()

    for email, password, wrong in ((user.email, "first horse", "second horse"), (old.email, "second horse", "x")):
        visitor = app.test_client()
        visitor.post("/account/sign-in", data={"email": email, "password": wrong})
        assert visitor.get("/account").status_code == 302
        visitor.post("/account/sign-in", data={"email": f" {email} ", "password": password})
        assert visitor.get("/account").status_code == 200


@pytest.mark.parametrize("typed", ["  Jisoo Kim ", "Jisoo\N{NO-BREAK SPACE}Kim", "Jisoo\N{IDEOGRAPHIC SPACE}Kim"])
def test_blanks_that_look_alike_are_alike_at_a_pg_that_wants_two_words(shopper, typed):
    fields = {"plan": "global-monthly", "guide": "paymentwall", "buyer_name": typed, "buyer_tel": TEL}
    answer = shopper.post("/orders", json={**fields, "buyer_email": EMAIL})

    assert answer.status_code == 201, answer.text
    sent = answer.json["request"]
    assert (sent["buyer_name"], sent["buyer_email"], sent["buyer_tel"]) == (
        "Jisoo Kim",
        "jisoo@example.com",
        "0101234-5678",
    )
    assert db.session.query(Order).one().buyer_name == "Jisoo Kim"


def test_a_reason_of_staff_is_kept_in_one_form(app, desk, user, plan):
    staff = signed_in(app, make_user("staff@example.com", is_staff=True))
    subscription = subscribe(desk, user, plan, now=clock.now())

    staff.post(
        f"/admin/subscriptions/{subscription.id}/cancellation", data={"cancel-reason": NAME, "cancel-effect": "end"}
    )

    assert db.session.query(StaffAction).one().reason == "김 지수"


LONG = {"buyer_name": "Alexander James Hamilton", "buyer_email": "a@example.com", "buyer_tel": "+49-1525-1234-5678"}


@pytest.mark.parametrize(
    ("plan_slug", "guide", "name"),
    [("global-monthly", "paymentwall", "Alexander Hamilt"), ("coffee-monthly", "inicis", "Alexander James")],
)
def test_a_whole_name_is_kept_and_a_pg_gets_what_it_takes(desk, shopper, plan_slug, guide, name):
    sent = shopper.post("/orders", json={"plan": plan_slug, "guide": guide, **LONG}).json["request"]

    order = db.session.query(Order).one()
    assert (order.buyer_name, order.buyer_tel) == (LONG["buyer_name"], LONG["buyer_tel"])
    assert order.billing_key.issue_name == LONG["buyer_name"]
    assert (sent["buyer_name"], sent["buyer_tel"]) == (name, "+49152512345678")
    assert charges.body_of(desk, order).get("buyer_name", name) == name


def test_a_long_name_signs_up(client):
    form = {"name": LONG["buyer_name"], "email": EMAIL, "tel": LONG["buyer_tel"], "password": PASSWORD}

    assert client.post("/account/sign-up", data=form).status_code == 302
    assert db.session.query(User).one().name == LONG["buyer_name"]


@pytest.mark.parametrize("guide", sorted(guides.load(ROOT / "guides")))
def test_the_code_of_a_guide_shows_the_name_that_is_sent(app, guide):
    known = app.extensions["desk"].guides[guide]
    person = make_user()
    person.name = LONG["buyer_name"]
    db.session.commit()

    page = Markup(signed_in(app, person).get(f"/guides/{guide}").text)

    sent = known.parameter("buyer_name").fitted(person.name)
    assert f'buyer_name: "{sent}"' in page.striptags()


def test_no_request_exceeds_a_limit_of_its_guide(app):
    long = {"order_name": "맛" * 60, "buyer_name": FAMILY * 20, "buyer_tel": "+49-1525-1234-5678"}
    for guide in app.extensions["desk"].guides.values():
        for parameter in (*guide.parameters, *guide.again):
            if parameter.source in long:
                assert 0 < len(parameter.fitted(long[parameter.source])) <= parameter.limit, (guide.id, parameter.name)
