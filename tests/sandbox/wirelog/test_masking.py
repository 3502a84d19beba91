"""What the wire log masks: by the name of a field, however it is spelt, and by the look of a value, wherever it is."""

import json
from itertools import pairwise
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.facts.instruments import INSTRUMENTS
from sandbox.wirelog import card_numbers, masking

CARD = "4242424242424242"
REAL_TEST_CARDS = [
    "4242424242424242",
    "5555555555554444",
    "2223003122003222",
    "378282246310005",
    "30569309025904",
    "3530111333300000",
    "6011111111111117",
    "6200000000000005",
    "4222222222222",
    "6759649826438453",
]
IDS = [
    "1700000000000",
    "20261129060030",
    "imp_123456789012",
    "imps_987654321098",
    "order-20261129-000123",
    "0000000000000000",
]
"""Ids that a reader follows a case by: a time in milliseconds, a date with a time, ids of the service and of shops."""

STYLES = {
    "card_number": [
        "card_number",
        "cardNumber",
        "card-number",
        "CardNo",
        "CARD_NO",
        "card.number",
        "extra[card_number]",
    ],
    "pwd_2digit": ["pwd_2digit", "pwd2Digit", "PWD-2DIGIT", "card[pwd_2digit]", "password", "escrow_password"],
    "cvc": ["cvc", "CVC", "cardCvc", "card_cvv"],
    "birth": ["birth", "Birth", "buyer_birth"],
    "expiry": ["expiry", "cardExpiry", "card[info][expiry]", "expiry_date"],
    "imp_secret": ["imp_secret", "impSecret", "IMP-SECRET", "secret"],
    "_token": ["_token", "access_token", "accessToken", "X-ImpTokenHeader", "Authorization", "secure_3d_token"],
}
SPELLINGS = [spelling for spellings in STYLES.values() for spelling in spellings]
SECRET = "9a8b7c6d5e4f"


def written(body: object) -> str:
    return json.dumps(body, ensure_ascii=False)


# By name --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("value", [SECRET, 123456789012])
def test_a_secret_is_masked_however_its_field_is_spelt(name, value):
    nested = {"schedules": [{"extra": {name: value}}]}
    bodies = [
        (json.dumps(nested), "application/json"),
        (f"a=1&{name}={value}&b=2", "application/x-www-form-urlencoded"),
        (f'{{"{name}": "{value}"', "application/json"),
        (f"{name}: {value}", "text/plain"),
        (
            f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n--x--',
            "multipart/form-data; boundary=x",
        ),
        (json.dumps({"custom_data": json.dumps({name: str(value)})}), "application/json"),
    ]

    for raw, content_type in bodies:
        plain = name.startswith(("card[", "extra[")) or "." in name
        if plain and content_type in ("text/plain", "application/json"):
            continue  # such a name is a form's
        assert str(value) not in written(masking.body(raw.encode(), content_type)), (raw, content_type)
    assert str(value) not in masking.address(f"?a=1&{name}={value}")
    assert str(value) not in masking.masked({"notice_url": f"https://shop.test/?{name}={value}"})["notice_url"]
    assert str(value) not in masking.header(name, str(value))


@pytest.mark.parametrize(
    "name", ["merchant_uid", "amount", "shipping", "pg_provider", "number_of_items", "next", "kind"]
)
def test_an_ordinary_field_is_kept(name):
    assert masking.masked({name: "1234"}) == {name: "1234"}


def test_the_scheme_and_the_beginning_of_a_token_stay():
    assert masking.header("Authorization", "Bearer 0123456789") == "Bearer 0123***"
    assert masking.header("X-ImpTokenHeader", "0123456789") == "0123***"
    assert masking.prose("Authorization: Bearer 0123456789") == "Authorization: Bearer 0123***"


# By look --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", REAL_TEST_CARDS)
def test_a_card_number_is_recognised(number):
    assert card_numbers.is_card(number)


@pytest.mark.parametrize("number", [instrument.number for instrument in INSTRUMENTS if instrument.family == "card"])
def test_a_test_card_is_masked_even_if_it_fails_the_check(number):
    assert masking.prose(f"paid with {number}.") == f"paid with {card_numbers.masked(number)}."


@pytest.mark.parametrize("uid", IDS)
@pytest.mark.parametrize("name", ["merchant_uid", "imp_uid", "customer_uid", "memo"])
def test_an_id_of_digits_stays_readable(name, uid):
    assert masking.masked({name: uid}) == {name: uid}
    assert masking.address(f"?{name}={uid}") == f"?{name}={uid}"
    assert masking.prose(f"/payments/{uid}") == f"/payments/{uid}"


def test_an_id_that_is_a_card_number_is_masked():
    assert masking.masked({"merchant_uid": CARD}) == {"merchant_uid": "424242******4242"}


@pytest.mark.parametrize("value", [int(CARD), float(CARD), [int(CARD)], {"deep": [{"er": int(CARD)}]}, {CARD: 1}])
def test_a_number_of_json_is_masked(value):
    raw = json.dumps({"any": value}).encode()

    assert CARD not in written(masking.body(raw, "application/json")).replace(".0", "")


@pytest.mark.parametrize("value", [3.141592653589793, 1e300, -4e-12, 99.5, 1_700_000_000_000, 10**40, float("inf")])
def test_another_number_of_json_is_kept(value):
    assert masking.masked({"any": value}) == {"any": value}


@pytest.mark.parametrize("gap", ["/", "_", ",", ", ", ":", "|", "\u00b7", "\n", " / "])
@pytest.mark.parametrize("sizes", [(4, 4, 4, 4), (4, 6, 5)])
def test_groups_as_on_a_card_are_masked_whatever_stands_between_them(sizes, gap):
    groups = [f"3{str(size) * (size - 1)}" for size in sizes]
    number = "".join(groups)

    assert masking.prose(f"memo {gap.join(groups)}.") == f"memo {number[:6]}******{number[-4:]}."


@pytest.mark.parametrize(
    "text", ["2026/11/29 06:00:30", "order_3_1795937303_12", "1,234,567,890,123", "[2,3,4,5,6,7,8,9,10]"]
)
def test_other_groups_of_digits_stay_readable(text):
    assert masking.prose(text) == text


HIDDEN_CARD = "".join(f"\\u{ord(digit):04x}" for digit in CARD)
HIDDEN_PIN = f'{{"pwd\\u005f2digit": "{SECRET}"}}'
PIN_IN_A_PART = f"--x\r\nContent-Disposition: form-data; name=pwd_2digit\r\n\r\n{SECRET}\r\n--x--"


@pytest.mark.parametrize(
    ("raw", "content_type", "kept"),
    [
        (json.dumps({"memo": CARD}).encode("utf-16"), "application/json", {"memo": "424242******4242"}),
        (json.dumps({"pwd_2digit": SECRET}).encode("utf-16-le"), "application/json", {"pwd_2digit": "***"}),
        (f'{{"memo": "{HIDDEN_CARD}"}}'.encode(), "APPLICATION/JSON", {"memo": "424242******4242"}),
        (f'{{"memo": "{HIDDEN_CARD}"}}'.encode(), "text/plain", {"memo": "424242******4242"}),
        (HIDDEN_PIN.encode(), "text/plain", {"pwd_2digit": "***"}),
        (f"memo=%34{CARD[1:]}".encode(), "Application/X-WWW-Form-URLEncoded", {"memo": "424242******4242"}),
        (f"pwd%5F2digit={SECRET}".encode(), "Application/X-WWW-Form-URLEncoded", {"pwd_2digit": "***"}),
        (PIN_IN_A_PART.encode(), "Multipart/Form-Data; boundary=x", {"pwd_2digit": "***"}),
    ],
)
def test_a_body_is_masked_as_the_sandbox_reads_it(raw, content_type, kept):
    assert masking.body(raw, content_type) == kept


def test_a_number_longer_than_a_card_shows_no_more_of_it():
    assert card_numbers.masked("4242-4242-4242-4242-1234") == "424242******1234"
    assert masking.prose("4242-4242-4242-4242-1234") == "424242******4242-1234"
    assert masking.prose(f"{CARD}1234567") == "424242******4567"


@pytest.mark.parametrize("text", ["a", "1 ", "4-", "4444-", "4", "a=", '"', "a: "])
def test_a_text_of_one_pattern_does_not_slow_the_log_down(text):
    long = text * (20_000 // len(text))

    assert len(masking.prose(long)) <= len(long)


def with_check_digit(digits: str) -> str:
    return next(digits + last for last in "0123456789" if card_numbers._passes_check(digits + last))


CARDS = st.builds(
    lambda first, rest: with_check_digit(first + rest),
    st.sampled_from(["4", "51", "55", "2221", "2720", "34", "37", "36", "6011", "62", "35", "94"]),
    st.text("0123456789", min_size=11, max_size=14),
).filter(lambda number: 13 <= len(number) <= 19)
GAPS = st.sampled_from(
    [" ", "-", ".", "\u00a0", "\u2013", ". ", "--", " - ", "\t", "\u3000", "\u200b", "\u2212", "\uff0d"]
)
BEFORE = st.sampled_from(["", " ", "카드", "order-", "2026-11-29 ", "x", "(", '"', "=", "amount 9900 ", "/"])
AFTER = st.sampled_from(["", " ", "입니다", "-order", " 2026-11-29", "x", ")", '"', "=", " 9900", "/", "."])


@st.composite
def grouped(draw: st.DrawFn) -> tuple[str, str]:
    """A card number, and the same with its digits in any groups."""
    number = draw(CARDS)
    cuts = sorted(draw(st.sets(st.integers(1, len(number) - 1), max_size=5)))
    gap = draw(GAPS)
    return number, gap.join(number[begin:end] for begin, end in pairwise([0, *cuts, len(number)]))


@settings(max_examples=150, deadline=None)
@given(card=grouped(), before=BEFORE, after=AFTER)
def test_a_card_number_in_any_grouping_is_masked_everywhere(card, before, after):
    number, text = card
    value = f"{before}{text}{after}"

    for body, content_type in (
        (json.dumps({"memo": value}), "application/json"),
        (json.dumps([{"a": [value]}]), "application/json"),
        (value, "text/plain"),
        (f"oops {value}", "application/json"),
    ):
        kept = card_numbers.plain_digits(written(masking.body(body.encode(), content_type)))
        assert number not in kept, (value, kept)
    assert text not in masking.address(f"?memo={quote(value)}")
    assert text not in masking.header("User-Agent", value)
