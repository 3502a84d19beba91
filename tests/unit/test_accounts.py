"""User accounts: sign up, sign in, and language."""

import pytest

from errors import EmailTaken, WrongCredentials
from models import User, db
from services import accounts
from tests.factories import NOW

WORDS = {"password": "correct horse", "name": "김지수", "tel": "010-1234-5678", "language": "ko", "now": NOW}


def test_who_signs_up_can_sign_in_whatever_the_case_of_the_address(app):
    user = accounts.sign_up(email="JiSoo@Example.com", **WORDS)

    assert user.email == "jisoo@example.com"
    assert accounts.authenticate(email="jisoo@EXAMPLE.com", password="correct horse") is user


def test_an_address_signs_up_once(app):
    accounts.sign_up(email="jisoo@example.com", **WORDS)

    with pytest.raises(EmailTaken):
        accounts.sign_up(email="Jisoo@example.com", **WORDS)

    assert db.session.query(User).count() == 1


@pytest.mark.parametrize(
    ("email", "password"),
    [("jisoo@example.com", "wrong horse"), ("jisoo@example.com", ""), ("nobody@example.com", "correct horse")],
)
def test_a_wrong_password_and_an_unknown_address_look_the_same(app, email, password):
    accounts.sign_up(email="jisoo@example.com", **WORDS)

    with pytest.raises(WrongCredentials) as caught:
        accounts.authenticate(email=email, password=password)

    assert caught.value.code == "wrong_credentials"


def test_nobody_signs_up_as_staff(app):
    assert accounts.sign_up(email="jisoo@example.com", **WORDS).is_staff is False


def test_the_language_of_a_person_is_remembered(app, user):
    accounts.set_language(user, "en")

    db.session.expire_all()
    assert user.language == "en"
