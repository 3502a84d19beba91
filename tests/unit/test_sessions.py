"""A session: from a sign-in until a sign-out, a new password, or the end of its time."""

from datetime import timedelta

import pytest

from models import Session, db
from services import sessions
from services.sessions import LIFETIME
from tests.factories import NOW, make_user

MOMENT = timedelta(seconds=1)


@pytest.fixture
def token(user):
    return sessions.begin(user, now=NOW)


def test_a_session_ends_with_its_time(user, token):
    assert sessions.user_of(token, now=NOW + LIFETIME - MOMENT) is user
    assert sessions.user_of(token, now=NOW + LIFETIME) is None


def test_a_new_password_ends_the_persons_sessions_and_no_other(user, token):
    other = make_user("minsu@example.com")
    others = sessions.begin(other, now=NOW)

    user.set_password("another horse")
    db.session.commit()

    assert sessions.user_of(token, now=NOW) is None
    assert sessions.user_of(others, now=NOW) is other


def test_only_expired_sessions_are_pruned(user, token):
    later = sessions.begin(user, now=NOW + MOMENT)

    sessions.prune(now=NOW + LIFETIME)

    assert db.session.query(Session).count() == 1
    assert sessions.user_of(later, now=NOW) is user


def test_the_sessions_go_with_their_person(user, token):
    db.session.execute(db.text("DELETE FROM users"))
    db.session.commit()

    assert db.session.query(Session).count() == 0
