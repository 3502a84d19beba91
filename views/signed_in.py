"""Who is signed in: the session's token in the browser's cookie, and the person whom it belongs to."""

from flask import Flask, session
from flask_login import LoginManager, current_user, login_user, logout_user

import clock
from models import User
from services import sessions
from views import errors

login = LoginManager()
login.id_attribute = "get_session_token"


def init_app(app: Flask) -> None:
    """Read the signed-in person of each request of `app`, in one query with their session."""
    login.init_app(app)
    login.user_loader(lambda token: sessions.user_of(token, now=clock.machine_now()))
    login.unauthorized_handler(errors.unauthorized)


def sign_in(user: User) -> None:
    """Begin a session of this person in this browser. The one before it ends."""
    sign_out()
    user.session_token = sessions.begin(user, now=clock.machine_now())
    login_user(user)


def sign_out() -> None:
    """End the session of this browser: a copy of its cookie is no longer valid.

    The token of its forms ends, too. Otherwise another site on the same host, which can set our cookie before a person
    signs in, would know the token with which it can send forms as that person.
    """
    session.pop("csrf_token", None)
    if current_user.is_authenticated:
        sessions.end(current_user.session_token)
        logout_user()
