"""What the process keeps of a guide: rendered once, the same for every visitor, and never of a person."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import render_template_string

from models import db
from services import catalog
from tests.conftest import signed_in
from views import fragments

PHONE = {"User-Agent": "Mozilla/5.0 (iPhone) Mobile"}
PAGES = [(path, lang) for path in ("inicis", "jtnet?variant=2-1", "chai", "paymentwall") for lang in ("ko", "en")]


@pytest.fixture
def config(config):
    """A shop with every part of a guide's page, and with the tokens that a form needs."""
    return replace(config, TEST_PAYMENTS=True)


def render(app, source: str, language: str = "ko", **values: object) -> str:
    with app.app_context(), app.test_request_context(headers={"Accept-Language": language}):
        return render_template_string(source, **values)


def read(app, path: str, language: str, **headers: str) -> str:
    return app.test_client().get(f"/guides/{path}", headers={"Accept-Language": language, **headers}).text


def test_a_block_is_rendered_once_per_language_and_facts(app):
    source = '{% call kept("words", facts) %}{{ lang }} {{ count() }}{% endcall %}'
    rendered = iter(range(9))
    facts = [("a",), ("a",), ("b",), ("a",)]
    languages = ["ko", "ko", "ko", "en"]

    found = [
        render(app, source, language, facts=fact, count=lambda: next(rendered))
        for fact, language in zip(facts, languages, strict=True)
    ]

    assert found == ["ko 0", "ko 0", "ko 1", "en 2"]


def test_a_block_without_facts_is_rendered_each_time(app):
    source = '{% call kept("words", none) %}{{ count() }}{% endcall %}'
    rendered = iter(range(9))

    assert [render(app, source, count=lambda: next(rendered)) for _ in range(2)] == ["0", "1"]


def test_no_more_is_kept_than_a_process_can_hold(app):
    for number in range(fragments.MOST + 10):
        render(app, '{% call kept("words", (number,)) %}{{ number }}{% endcall %}', number=number)

    assert len(app.extensions["fragments"]) <= fragments.MOST


@pytest.mark.parametrize(("path", "language"), PAGES)
def test_what_is_kept_of_a_guide_is_the_same_whoever_asks_first(app, user, path, language):
    app.config["WTF_CSRF_ENABLED"] = True
    read(app, path, language)
    first = dict(app.extensions["fragments"])
    app.extensions["fragments"].clear()

    signed_in(app, user).get(f"/guides/{path}", headers={"Accept-Language": language})
    read(app, path, language, Cookie="session=forged", Host="shop.test", Referer="http://elsewhere.example")

    assert len(first) > 5
    assert app.extensions["fragments"] == first


def test_a_page_from_memory_equals_the_first(app):
    for path, language in PAGES:
        assert read(app, path, language) == read(app, path, language)


def test_a_phone_gets_its_own_run_bar(app):
    on_pc, on_phone = read(app, "inicis", "en"), read(app, "inicis", "en", **PHONE)

    assert 'value="pc" checked' in on_pc
    assert 'value="mobile" checked' in on_phone


def test_a_new_price_shows_within_a_minute(app, desk):
    before = read(app, "inicis", "en")

    catalog.plan_on_sale("trial-monthly").amount = 1777
    db.session.commit()
    desk.machine_now.move_to(desk.machine_now() + timedelta(minutes=1))

    assert "1777" not in before
    assert "1777" in read(app, "inicis", "en")


def test_what_is_kept_does_not_grow_with_time(app, desk):
    read(app, "inicis", "en")
    first = len(app.extensions["fragments"])

    for _ in range(3):
        desk.machine_now.move_to(desk.machine_now() + timedelta(minutes=1))
        read(app, "inicis", "en")

    assert len(app.extensions["fragments"]) == first


def test_a_visitor_who_only_reads_gets_no_cookie(app):
    app.config["WTF_CSRF_ENABLED"] = True

    answer = app.test_client().get("/guides/inicis")

    assert "Set-Cookie" not in answer.headers
    assert "csrf" not in answer.text
