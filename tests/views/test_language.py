"""The language of a reader: the one just chosen, else the profile's, else the browser's, else Korean."""

import pytest
from flask import session

from models import db
from views import language


def spoken(app, *, chosen: str = "", accept: str = "", path: str = "/") -> str:
    with app.app_context(), app.test_request_context(path, headers={"Accept-Language": accept}):
        if chosen:
            session["lang"] = chosen
        app.preprocess_request()
        return language.chosen()


@pytest.mark.parametrize(
    ("chosen", "accept", "path", "expected"),
    [
        ("", "", "/", "ko"),
        ("", "fr", "/", "ko"),
        ("", "en-US,en;q=0.9", "/", "en"),
        ("", "fr,en;q=0.5,ko;q=0.4", "/", "en"),
        ("ko", "en", "/", "ko"),
        ("ko", "en", "/?lang=en", "en"),
        ("en", "ko", "/?lang=fr", "en"),
        ("fr", "en", "/", "en"),
        ("", "ko", "/?lang=en", "en"),
    ],
)
def test_a_visitor_gets_the_language_they_chose_else_their_browsers(app, chosen, accept, path, expected):
    assert spoken(app, chosen=chosen, accept=accept, path=path) == expected


def test_a_choice_lasts_for_the_visit(client):
    client.get("/?lang=en")

    assert '<html lang="en">' in client.get("/").text


def test_a_choice_is_written_into_the_profile(shopper, user):
    shopper.get("/?lang=en")

    assert user.language == "en"


def test_the_profile_speaks_on_a_new_visit(shopper, user):
    user.language = "en"
    db.session.commit()

    assert '<html lang="en">' in shopper.get("/", headers={"Accept-Language": "ko"}).text
