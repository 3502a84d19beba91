"""No browser and no proxy stores an answer that depends on the visitor: every address, signed in and signed out."""

import pytest

from tests.url_map import addresses

PUBLIC = {
    "catalog.index",
    "catalog.plan",
    "guides.index",
    "guides.compare",
    "guides.show",
    "guides.frame",
    "guide_texts.index",
    "guide_texts.show",
}
"""What is the same for every visitor without an account."""
FILES = {"static", "other_static"}


@pytest.mark.parametrize("visitor", ["stranger", "shopper", "staff"])
def test_no_answer_that_depends_on_the_visitor_may_be_stored(app, values, visitors, visitor):
    stored, seen = [], set()
    for endpoint, method, path in addresses(app, values):
        answer = visitors[visitor]().open(path, method=method)
        seen.add(answer.status_code)
        is_public = endpoint in FILES or (visitor == "stranger" and endpoint in PUBLIC and method == "GET")
        if not is_public and not answer.cache_control.no_store:
            stored.append(f"{method} {path}: {answer.status_code}")

    assert stored == []
    assert {200, 302} <= seen


def test_public_pages_and_files_may_be_stored(app, values, client):
    forbidden = [
        path
        for endpoint, method, path in addresses(app, values)
        if endpoint in PUBLIC | FILES and client.open(path, method=method).cache_control.no_store
    ]

    assert forbidden == []


def test_what_a_stranger_may_store_has_no_token_and_no_cookie(app, values):
    for endpoint, method, path in addresses(app, values):
        if endpoint in PUBLIC | FILES:
            answer = app.test_client().open(path, method=method)
            assert (answer.status_code, answer.headers.get("Set-Cookie")) == (200, None), path
            assert "csrf" not in answer.text, path


@pytest.mark.parametrize("path", ["/?lang=en", "/guides?lang=en"])
def test_a_public_page_that_sets_a_cookie_is_not_stored(client, path):
    assert client.get(path).cache_control.no_store


def test_a_public_page_that_shows_a_message_once_is_not_stored(shopper):
    shopper.post("/account/sign-out")

    page = shopper.get("/")

    assert "로그아웃" in page.text
    assert page.cache_control.no_store


@pytest.mark.parametrize("path", ["/nowhere", "/orders/unknown", "/admin/orders/unknown"])
def test_an_error_is_not_stored(client, shopper, path):
    assert client.get(path).cache_control.no_store
    assert shopper.get(path).cache_control.no_store


def test_a_crash_is_not_stored(app, client, payments):
    def explode(*_args, **_fields):
        raise RuntimeError

    app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)
    payments.ping = explode

    answer = client.get("/healthz")

    assert (answer.status_code, answer.cache_control.no_store) == (500, True)
