"""A demonstration that other devices reach: nobody is staff there, and only its own machine is led to the console."""

import pytest

from config import PUBLISHED_STAFF
from demo import people, sandbox
from tests.demo.conftest import LAN, PHONE
from tests.factories import make_user

CODE = "staff_only_here"


@pytest.fixture
def staff():
    people.seed()
    return people.account_of("staff")


@pytest.mark.parametrize(
    ("lang", "words"), [("ko", "운영 담당자로 로그인할 수 없습니다"), ("en", "Staff cannot sign in")]
)
@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/demo/sessions/staff", {}),
        ("/account/sign-in", {"email": PUBLISHED_STAFF, "password": people.PASSWORD}),
        ("/account/sign-in", {"email": f" {PUBLISHED_STAFF.upper()}", "password": people.PASSWORD}),
    ],
)
def test_nobody_signs_in_as_staff(on_lan, staff, path, form, lang, words):
    browser = on_lan.app.test_client()

    refused = browser.post(f"{path}?lang={lang}", data=form, base_url=LAN)

    assert refused.status_code == 403
    assert words in refused.text
    assert CODE in refused.text
    assert browser.get("/admin", base_url=LAN).status_code == 302


def test_a_session_of_staff_from_before_ends(on_lan):
    browser = on_lan.browser_on_lan(make_user("another.staff@example.com", is_staff=True))

    refused = browser.get("/admin", base_url=LAN)

    assert (refused.status_code, CODE in refused.text) == (403, True)
    assert browser.get("/account", base_url=LAN).status_code == 302


def test_a_script_reads_the_code(on_lan, staff):
    refused = on_lan.app.test_client().post(
        "/demo/sessions/staff", headers={"Accept": "application/json"}, base_url=LAN
    )

    assert (refused.status_code, refused.get_json()["code"]) == (403, CODE)


def test_everyone_else_signs_in_with_one_click(on_lan, staff):
    browser = on_lan.app.test_client()
    page = browser.get("/account/sign-in", base_url=LAN).text

    browser.post("/demo/sessions/active", base_url=LAN)

    assert ("이하늘" in page, "최운영" in page) == (True, False)
    assert browser.get("/account", base_url=LAN).status_code == 200


def test_a_page_at_another_address_leads_to_the_shops_own(on_lan):
    browser = on_lan.app.test_client()
    here = "http://127.0.0.1:8000"

    assert browser.get("/guides/inicis?variant=card&x=%26", base_url=here).location == (
        f"{LAN}/guides/inicis?variant=card&x=%26"
    )
    assert browser.get("/guides", base_url=here).location == f"{LAN}/guides"
    assert browser.get("/healthz", base_url=here).status_code == 200


def test_only_the_machine_itself_is_led_to_the_console(on_lan, user, monkeypatch):
    monkeypatch.setattr(sandbox, "READ_TIMEOUT", 60)  # without the sandbox's record a timeline has no link to it
    order = on_lan.subscribe(user).orders[-1]
    visitor = on_lan.browser_on_lan(user)
    paths = ("/", f"/orders/{order.merchant_uid}/timeline")

    here, elsewhere = (
        [visitor.get(path, base_url=LAN, environ_overrides=remote).text for path in paths] for remote in ({}, PHONE)
    )

    assert ["maedal-console" in here[0], "/console/" in here[1]] == [True, True]
    assert ["maedal-console" in elsewhere[0], "/console/" in elsewhere[1]] == [False, False]


def test_on_its_machine_alone_a_demonstration_has_its_staff(town, staff):
    browser = town.app.test_client()

    signed_in = browser.post("/demo/sessions/staff", follow_redirects=True)

    assert (signed_in.status_code, signed_in.request.path) == (200, "/admin")
