"""The code that opens a guide on a phone: who may make one, what it opens, once and for how long."""

import logging
import re
from datetime import timedelta

import pytest
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from sqlalchemy import select

import clock
from demo import phone, phone_codes, start_over
from demo.tables import phone_codes as codes
from models import JournalEntry, db
from tests.demo.conftest import LAN, PHONE
from tests.factories import make_user, place_order

GUIDE = "/guides/inicis?variant=default#buyer_name=Phone&amount=100"


@pytest.fixture(autouse=True)
def uncounted(town):
    town.app.extensions["phone_limits"] = MovingWindowRateLimiter(MemoryStorage())


@pytest.fixture
def desktop(on_lan, user):
    return on_lan.browser_on_lan(user)


def made(desktop, target=GUIDE):
    return desktop.post("/demo/phone", json={"target": target}, base_url=LAN)


def opened(town, url, *, method="GET", lang="en", **headers):
    """Open the address on a phone that has never been here, and return the answer."""
    browser = town.app.test_client()
    headers |= {"Accept-Language": lang}
    return browser.open(url.removeprefix(LAN), method=method, base_url=LAN, headers=headers, environ_overrides=PHONE)


def token_of(answer):
    return answer.get_json()["url"].rpartition("/")[2]


def test_a_code_signs_the_same_person_in_and_opens_the_same_setup(on_lan, user, desktop):
    answer = made(desktop)
    browser = on_lan.app.test_client()

    arrived = browser.get(answer.get_json()["url"].removeprefix(LAN), base_url=LAN)

    assert (answer.status_code, answer.get_json()["seconds"]) == (201, 300)
    assert answer.get_json()["url"].startswith(f"{LAN}/demo/phone/")
    assert (arrived.status_code, arrived.location) == (302, GUIDE)
    assert user.email in browser.get("/account", base_url=LAN).text


def test_a_phone_that_was_someone_else_becomes_this_person(on_lan, user, desktop):
    browser = on_lan.browser_on_lan(on_lan.newcomer())

    browser.get(f"/demo/phone/{token_of(made(desktop))}", base_url=LAN)

    assert user.email in browser.get("/account", base_url=LAN).text


@pytest.mark.parametrize(("lang", "title"), [("ko", "이미 사용한 코드입니다"), ("en", "This code has been used")])
def test_a_code_is_used_once(on_lan, desktop, lang, title):
    url = made(desktop).get_json()["url"]
    opened(on_lan, url)

    again = opened(on_lan, url, lang=lang)

    assert again.status_code == 410
    assert title in again.text
    assert "phone_code_used" in again.text


def test_a_code_ends_after_five_minutes(on_lan, user):
    now = clock.machine_now()
    last_second = now + timedelta(minutes=4, seconds=59)

    on_time = phone_codes.use(phone_codes.issue(user, GUIDE, now=now), now=last_second)
    late = opened(on_lan, f"/demo/phone/{phone_codes.issue(user, GUIDE, now=now - timedelta(minutes=5))}")

    assert on_time == (user, GUIDE)
    assert late.status_code == 410
    assert "This code is no longer valid" in late.text
    assert "phone_code_expired" in late.text


@pytest.mark.parametrize("kind", ["replaced", "unknown", "staff", "deleted"])
def test_other_codes_are_no_longer_valid(on_lan, user, desktop, kind):
    token = token_of(made(desktop))
    if kind == "replaced":
        made(desktop)
    elif kind == "unknown":
        token = "x" * 22
    elif kind == "staff":
        user.is_staff = True
        db.session.commit()
    else:
        start_over.start_over(user)

    refused = opened(on_lan, f"/demo/phone/{token}")

    assert (refused.status_code, "phone_code_expired" in refused.text) == (410, True)
    assert "Set-Cookie" not in refused.headers or "_user_id" not in refused.headers["Set-Cookie"]


def test_looking_at_the_link_uses_nothing_up(on_lan, desktop):
    url = made(desktop).get_json()["url"]

    looks = [opened(on_lan, url, method="HEAD"), opened(on_lan, url, **{"Sec-Purpose": "prefetch;prerender"})]

    assert [look.status_code for look in looks] == [204, 204]
    assert opened(on_lan, url).status_code == 302


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/guides/inicis",
        "//evil.example",
        "/admin",
        "/guides/none",
        "/guides/inicis/frame",
        "/guides/inicis#" + "x" * 4000,
        7,
        None,
    ],
)
def test_a_code_opens_nothing_but_a_guide(desktop, target):
    refused = made(desktop, target)

    assert (refused.status_code, refused.get_json()["code"]) == (400, "invalid_request")


def test_where_no_phone_reaches_the_demonstration_there_is_no_code(town, user):
    browser = town.browser_of(user)

    refused = browser.post("/demo/phone?lang=ko", json={"target": GUIDE})

    assert (refused.status_code, refused.get_json()["code"]) == (409, "phone_code_unreachable")
    assert "make demo LAN=1" in refused.get_json()["message"]
    assert "make demo LAN=1" in browser.get("/guides/inicis").text


def test_a_visitor_makes_no_code(on_lan):
    browser = on_lan.app.test_client()

    assert browser.post("/demo/phone", json={"target": GUIDE}, base_url=LAN).status_code == 401
    assert 'id="phone"' not in browser.get("/guides/inicis", base_url=LAN).text


def test_one_person_makes_few_codes_and_one_device_opens_few(on_lan, desktop, monkeypatch):
    for limit in ("ISSUES", "OPENS"):
        monkeypatch.setattr(phone, limit, parse("2 per hour"))  # a minute may pass during the test

    issues = [made(desktop).status_code for _ in range(3)]
    opens = [opened(on_lan, "/demo/phone/guess") for _ in range(3)]

    assert issues == [201, 201, 429]
    assert [answer.status_code for answer in opens] == [410, 410, 429]
    assert opens[-1].headers["Retry-After"] == "3600"
    assert "http_429" in opens[-1].text


def test_the_token_is_written_nowhere(on_lan, user, desktop, caplog):
    with caplog.at_level(logging.DEBUG):
        answer = made(desktop)
        arrived = opened(on_lan, answer.get_json()["url"])
    token = token_of(answer)

    rows = [*db.session.execute(select(codes)), *db.session.execute(select(JournalEntry.facts))]
    assert token not in repr(rows)
    assert token not in caplog.text
    assert token not in repr([*arrived.headers])
    assert {answer.headers["Cache-Control"], arrived.headers["Cache-Control"]} == {"no-store"}


def test_the_code_is_a_picture_of_the_address(desktop):
    first, second = (made(desktop).get_json() for _ in range(2))

    assert re.match(r'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \d+ \d+" class="phone__qr">', first["svg"])
    assert [code["svg"] == phone.drawn(first["url"]) for code in (first, second)] == [True, False]
    assert "style" not in first["svg"]  # the Content-Security-Policy would block it


def test_the_desktop_reads_which_run_the_phone_has_begun(on_lan, user, desktop):
    plan = on_lan.subscribe(user).plan
    code = made(desktop).get_json()
    news = "/demo/phone/news?guide=inicis&after={}".format
    before = desktop.get(news(0), base_url=LAN).get_json()

    opened(on_lan, code["url"])
    order = place_order(on_lan.desk, user, plan, run_id="run_on_the_phone")
    place_order(on_lan.desk, make_user("another@example.com"), plan, run_id="run_of_another")
    after = desktop.get(news(0), base_url=LAN).get_json()

    assert before == {"opened": "", "run": None}
    assert after == {
        "opened": code["id"],
        "run": {"run_id": "run_on_the_phone", "order_id": order.id, "merchant_uid": order.merchant_uid},
    }
    assert desktop.get(news(order.id), base_url=LAN).get_json()["run"] is None
    assert desktop.get("/demo/phone/news?guide=chai&after=x", base_url=LAN).get_json()["run"] is None
