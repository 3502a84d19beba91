"""What a payer sees in a window, and what the shop receives when it ends."""

import io
import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from flask.testing import FlaskClient

from tests.sandbox.shop import APPROVED, APPROVED_ACCOUNT, LANDING, REFUSED, Markup, action, open_window

HANGUL = re.compile("[가-힣]+")
PGS = ("html5_inicis", "jtnet", "paymentwall", "chai")
CLOSED = "사용자가 결제를 취소하셨습니다"


# What the payer sees --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pg", "amount", "device", "shown", "effect"),
    [
        ("html5_inicis", 9900, "pc", "9,900원", "shown"),
        ("html5_inicis", 9900, "mobile", None, "shown"),
        ("html5_inicis", 0, "pc", "0원", "key_only"),
        ("chai", 9900, "mobile", "9,900원", "shown"),
        ("jtnet", 0, "pc", "0원", "key_only"),
        ("jtnet", 9900, "pc", "9,900원", "charged"),
        ("paymentwall", 9900, "mobile", "9,900원", "charged"),
    ],
)
def test_a_window_shows_the_amount_as_its_pg_does_and_says_what_becomes_of_it(
    client, pg, amount, device, shown, effect
):
    window = page(client, open_window(client, device, pg=pg, amount=amount))

    assert (shown in window.texts) if shown else not [text for text in window.texts if "9,900" in text]
    assert window.attribute("data-effect") == [effect]


def test_dollars_are_written_as_dollars(client):
    url = open_window(client, pg="paymentwall", amount=49.99, currency="USD", language="en")

    assert "$49.99" in page(client, url).texts


def test_a_window_that_hides_the_amount_does_not_call_it_shown(client):
    on_pc, on_phone = (
        page(client, open_window(client, device, amount=9900, language="en")).texts for device in ("pc", "mobile")
    )

    assert ("Shown, not charged" in on_pc, "Not charged" in on_phone) == (True, True)


@pytest.mark.parametrize(
    ("bypass", "skin", "words"),
    [
        ({}, "paymentwall", "Paymentwall · default window"),
        ({"widget_code": "pw_1"}, "paymentwall", "Paymentwall · default window"),
        ({"widget_code": "t3_1"}, "terminal3", "Paymentwall · Terminal3 window"),
        ({"widget_code": ["t3_1"]}, "paymentwall", "Paymentwall · default window"),
        ("t3_1", "paymentwall", "Paymentwall · default window"),
    ],
)
def test_the_two_windows_of_paymentwall_look_different_and_say_which_they_are(client, bypass, skin, words):
    window = page(client, open_window(client, pg="paymentwall", language="en", bypass=bypass))

    assert window.attribute("data-skin") == [skin]
    assert words in window.texts


@pytest.mark.parametrize(
    ("pg", "amount", "button"),
    [("html5_inicis", 9900, "등록하고 계속"), ("jtnet", 0, "등록하고 계속"), ("jtnet", 9900, "결제하고 계속")],
)
def test_the_main_button_promises_a_payment_only_where_there_is_one(client, pg, amount, button):
    assert button in page(client, open_window(client, pg=pg, amount=amount)).texts


@pytest.mark.parametrize("pg", PGS)
@pytest.mark.parametrize("device", ["pc", "mobile"])
def test_every_window_offers_its_instruments_and_warns_that_no_money_moves(client, pg, device):
    window = page(client, open_window(client, device, pg=pg))

    family = "110-" if pg == "chai" else "4"
    numbers = window.attribute("data-instrument")
    assert len(numbers) == 16
    assert all(number.startswith(family) for number in numbers)
    assert "샌드박스 · 실제로 결제되지 않습니다" in window.texts


@pytest.mark.parametrize("pg", PGS)
@pytest.mark.parametrize("amount", [0, 9900])
def test_an_english_window_has_no_korean_but_the_name_of_the_language(client, pg, amount):
    url = open_window(client, "mobile", pg=pg, amount=amount or 1, language="en")

    assert HANGUL.findall(client.get(url).text) == ["한국어"]


@pytest.mark.parametrize(("query", "lang"), [("", "en"), ("&lang=ko", "ko"), ("&lang=en", "en"), ("&lang=fr", "en")])
def test_the_language_switch_wins_over_the_language_of_the_payment(client, query, lang):
    url = open_window(client, language="en").replace("&lang=en", "")

    assert page(client, url + query).attribute("lang")[0] == lang


@pytest.mark.parametrize("pg", PGS)
@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_window_is_one_well_formed_page(client, pg, lang):
    window = page(client, open_window(client, pg=pg, language=lang))

    ids = window.attribute("id")
    headings = [tag for tag, _ in window.tags if tag == "h1"]
    title, heading = window.texts[0], next(text for text in window.texts[1:] if window.texts[0].startswith(text))
    assert len(headings) == 1
    assert title.startswith(f"{heading} · ")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("end", ["show", "approve", "ended"])
def test_pages_may_be_framed_by_any_shop_and_run_nothing_inline(client, end):
    url = open_window(client)
    if end != "show":
        answer = client.post(action(url, "approve"), data={"number": APPROVED})
    if end != "approve":
        answer = client.get(url)

    policy = answer.headers["Content-Security-Policy"]
    markup = Markup(answer.text)
    assert "unsafe" not in policy
    assert "frame-ancestors" not in policy
    assert "X-Frame-Options" not in answer.headers
    assert all("src" in attributes for tag, attributes in markup.tags if tag == "script")
    assert not [tag for tag, _ in markup.tags if tag == "style"]
    assert not [name for _, attributes in markup.tags for name in attributes if name == "style" or name[:2] == "on"]


@pytest.mark.parametrize("change", [("k=", "k=x"), ("?k=", "?q="), ("/imp_", "/imp_0")])
@pytest.mark.parametrize("name", ["show", "approve", "decline", "close"])
def test_who_lacks_the_secret_of_a_window_finds_nothing(client, change, name):
    url = open_window(client).replace(*change)

    answer = client.get(url) if name == "show" else client.post(action(url, name), data={"number": APPROVED})

    assert answer.status_code == 404


# What the shop receives -----------------------------------------------------------------------------------


def test_an_approved_window_calls_back_with_everything_about_the_payment(client):
    url = open_window(client, merchant_uid="order-a", customer_uid="customer-a", custom_data={"plan": 1})

    rsp = result(client.post(action(url, "approve"), data={"number": APPROVED}))

    assert rsp["success"] is True
    assert re.fullmatch(r"imp_\d{12}", rsp["imp_uid"])
    assert (rsp["merchant_uid"], rsp["customer_uid"]) == ("order-a", "customer-a")
    assert (rsp["status"], rsp["paid_amount"], rsp["currency"]) == ("paid", 9900, "KRW")
    assert (rsp["pg_provider"], rsp["pg_type"], rsp["pay_method"]) == ("html5_inicis", "payment", "card")
    assert rsp["card_number"] == "424242******4242"
    assert json.loads(rsp["custom_data"]) == {"plan": 1}
    assert isinstance(rsp["paid_at"], int)
    assert "error_msg" not in rsp


def test_inicis_reports_an_issue_like_a_payment_but_has_no_approval_number(client):
    rsp = result(client.post(action(open_window(client), "approve"), data={"number": APPROVED}))

    assert rsp["apply_num"] == ""
    assert rsp["pg_tid"].startswith("StdpayBill")


def test_what_the_buyer_left_empty_is_an_empty_text_in_the_callback(client):
    url = open_window(client, pg="jtnet", buyer_name="", buyer_tel=None)

    rsp = result(client.post(action(url, "approve"), data={"number": APPROVED}))

    assert [rsp[name] for name in ("buyer_name", "buyer_tel", "buyer_addr", "buyer_postcode")] == ["", "", "", ""]


@pytest.mark.parametrize(
    ("name", "number"), [("approve", REFUSED), ("approve", "1234-5678-1234-5678"), ("decline", "")]
)
def test_a_decline_calls_back_with_the_reason(client, name, number):
    rsp = result(client.post(action(open_window(client), name), data={"number": number}))

    assert rsp["success"] is False
    assert rsp["imp_uid"]
    assert rsp["error_code"]
    assert rsp["error_msg"]
    assert "paid_amount" not in rsp


@pytest.mark.parametrize("pg", ["html5_inicis", "jtnet", "paymentwall"])
def test_a_closed_window_calls_back_without_an_error_code(client, pg):
    rsp = result(client.post(action(open_window(client, pg=pg), "close")))

    assert rsp["success"] is False
    assert rsp["imp_uid"]
    assert rsp["error_msg"] == CLOSED
    assert "error_code" not in rsp


def test_the_result_is_posted_to_the_origin_that_opened_the_window(client):
    answer = client.post(action(open_window(client), "approve"), data={"number": APPROVED})

    assert Markup(answer.text).attribute("data-opener") == ["http://shop.test"]


def test_a_result_is_text_however_it_is_spelt(client):
    name = """"><script>alert('&amp;')</script>"""

    rsp = result(client.post(action(open_window(client, name=name), "approve"), data={"number": APPROVED}))

    assert rsp["name"] == name


@pytest.mark.parametrize(
    ("pg", "device", "name", "number", "expected"),
    [
        ("html5_inicis", "mobile", "approve", APPROVED, {"imp_success": ["true"]}),
        ("chai", "pc", "approve", APPROVED_ACCOUNT, {"imp_success": ["true"]}),
        ("chai", "pc", "close", "", {"imp_success": ["false"], "error_msg": [CLOSED]}),
        ("jtnet", "mobile", "close", "", {"imp_success": ["false"], "error_msg": [CLOSED]}),
    ],
)
def test_a_redirect_brings_the_result_to_the_shop_in_the_query(client, pg, device, name, number, expected):
    url = open_window(client, device, pg=pg, merchant_uid="order-b")

    answer = client.post(action(url, name), data={"number": number})

    query = parse_qs(urlsplit(answer.location).query)
    assert answer.status_code == 302
    assert answer.location.startswith(LANDING + "?imp_uid=imp_")
    assert {key: query[key] for key in query if key != "imp_uid"} == {"merchant_uid": ["order-b"], **expected}


def test_a_declined_redirect_says_so_in_the_query(client):
    answer = client.post(action(open_window(client, "mobile"), "decline"))

    query = parse_qs(urlsplit(answer.location).query)
    assert query["imp_success"] == ["false"]
    assert query["error_msg"]


@pytest.mark.parametrize(
    ("m_redirect_url", "begins"),
    [
        (f"{LANDING}?guide=inicis", f"{LANDING}?guide=inicis&imp_uid="),
        (f"{LANDING}?a=1&b=%2F", f"{LANDING}?a=1&b=%2F&imp_uid="),
        ("http://shop.test", "http://shop.test?imp_uid="),
    ],
)
def test_a_query_that_is_there_already_is_kept(client, m_redirect_url, begins):
    url = open_window(client, "mobile", m_redirect_url=m_redirect_url)

    answer = client.post(action(url, "approve"), data={"number": APPROVED})

    assert answer.location.startswith(begins)


@pytest.mark.parametrize("m_redirect_url", [None, "/landing", "javascript:alert(1)"])
def test_a_payer_whose_shop_sent_no_way_back_sees_why(client, m_redirect_url):
    url = open_window(client, "mobile", pg="jtnet", m_redirect_url=m_redirect_url)

    answer = client.post(action(url, "approve"), data={"number": APPROVED})

    assert answer.status_code == 200
    assert "돌아갈 주소가 없습니다" in Markup(answer.text).texts


# Again, and too late --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["approve", "decline", "close"])
def test_a_finished_payment_stays_as_it_is_and_repeats_its_result(client, name):
    url = open_window(client)
    first = result(client.post(action(url, "approve"), data={"number": APPROVED}))

    again = result(client.post(action(url, name), data={"number": REFUSED}))

    assert again == first


def test_a_window_that_ended_by_redirect_offers_the_way_back(client):
    url = open_window(client, "mobile")
    location = client.post(action(url, "approve"), data={"number": APPROVED}).location

    window = page(client, url)

    assert "종료된 결제창입니다" in window.texts
    assert location in window.attribute("href")


@pytest.mark.parametrize("number", ["", "4242", "card"])
def test_a_slip_of_the_keyboard_is_shown_in_the_window_and_ends_nothing(client, number):
    url = open_window(client)

    answer = client.post(action(url, "approve"), data={"number": number})

    window = Markup(answer.text)
    assert answer.status_code == 422
    assert "테스트 번호를 끝까지 입력하거나 목록에서 고르세요." in window.texts
    assert window.attribute("aria-invalid") == ["true"]
    assert number in window.attribute("value")
    assert result(client.post(action(url, "approve"), data={"number": APPROVED}))["success"] is True


# The front page -------------------------------------------------------------------------------------------


def test_the_dashboard_shows_payments_and_keys_newest_first(client):
    for uid in ("order-1", "order-2"):
        url = open_window(client, merchant_uid=uid, customer_uid=f"customer-of-{uid}")
        client.post(action(url, "approve"), data={"number": APPROVED})

    texts = page(client, "/?lang=en").texts

    assert texts.index("order-2") < texts.index("order-1")
    assert "customer-of-order-1" in texts
    assert "424242******4242" in texts
    assert "Payment sandbox" in texts


def test_an_empty_dashboard_says_what_to_do(client):
    texts = page(client, "/").texts

    assert "아직 결제가 없습니다. 상점에서 결제창을 열어 보세요." in texts


# Translations ---------------------------------------------------------------------------------------------


def test_every_message_of_the_sandbox_has_a_korean_translation():
    root = Path(__file__).parents[3] / "sandbox"
    catalog = root / "translations/ko/LC_MESSAGES"
    methods = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
    messages = {message for _, _, message, _, _ in extract_from_dir(root, methods)}

    po = read_po(io.BytesIO((catalog / "messages.po").read_bytes()))
    mo = read_mo(io.BytesIO((catalog / "messages.mo").read_bytes()))

    assert {message.id for message in po if message.id and message.string} == messages
    assert {message.id for message in mo if message.id} == messages


def page(client: FlaskClient, url: str) -> Markup:
    return Markup(client.get(url).text)


def result(answer) -> dict:
    """Return the object that the page of a finished window passes to the shop."""
    return json.loads(Markup(answer.text).attribute("data-result")[0])
