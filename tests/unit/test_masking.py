"""What the journal keeps of a body: no secret, no card number, no more than its bound."""

import json

import pytest

from services.masking import masked, masked_json, without_numbers

CARD = "4242-4242-4242-4242"
FULL_WIDTH = {ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"}
SECRET = "9a8b7c6d5e4f"


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("imp_secret", "abc", "***"),
        ("Authorization", "Bearer abc", "***"),
        ("access_token", "abc", "***"),
        ("cvc", 123, "***"),
        ("card_number", CARD, "424242******4242"),
        ("card_number", "4242-42**-****-4242", "4242-42**-****-4242"),
        ("number", "110-4242-424242", "11*******4242"),
        ("message", f"card {CARD} declined", "card 424242******4242 declined"),
        ("message", "imp_secret=abcdef&x=1", "imp_secret=***&x=1"),
        ("message", "Authorization: Bearer abcdef", "Authorization: Bearer ***"),
        ("number_of_card", 4242424242424242, "424242******4242"),
        ("merchant_uid", "order_12345678901234567890", "order_12345678901234567890"),
        ("merchant_uid", "inv_12345678901234567890-1", "inv_12345678901234567890-1"),
        ("imp_uid", "imp_123456789012", "imp_123456789012"),
        ("paid_at", 1_790_000_000, 1_790_000_000),
        ("success", True, True),
        ("fail_reason", None, None),
    ],
)
def test_a_field_keeps_what_is_no_secret(name, value, kept):
    assert masked({name: value}) == {name: kept}
    assert masked([{"inner": {name: value}}]) == [{"inner": {name: kept}}]


def test_a_number_that_no_float_holds_is_kept():
    assert masked({"amount": 10**400}) == {"amount": 10**400}


def test_a_text_that_no_database_stores_becomes_one_that_every_database_stores():
    assert masked({"a\0": "x\0y\ud800"}) == {"a": "xy?"}


def test_what_is_sent_without_end_is_cut():
    deep = json.loads("[" * 50 + "]" * 50)

    assert len(json.dumps(masked({"deep": deep, "long": "x" * 9000, "many": list(range(9000))}))) < 1500


def test_a_body_beyond_the_limit_is_only_its_beginning():
    text = json.dumps({"buyer_name": "x" * 400, "imp_secret": "abc"})

    assert masked_json(text, limit=1000) == {"buyer_name": "x" * 400, "imp_secret": "***"}
    assert masked_json(text, limit=30) == '{"buyer_name": "xxxxxxxxxxxxxx…'
    assert masked_json("", limit=30) is None
    assert masked_json("token=abc out of order", limit=30) == "token=*** out of order"


@pytest.mark.parametrize(
    "name",
    [
        *("imp_secret", "impSecret", "IMP-KEY", "pwd_2digit", "pwd2Digit", "card[pwd_2digit]", "birth", "buyerBirth"),
        *("cvc", "cardCvc", "expiry", "card.expiry", "access_token", "_token", "X-ImpTokenHeader", "Authorization"),
    ],
)
def test_a_secret_is_hidden_however_its_field_is_spelt(name):
    assert masked({name: SECRET, "inner": [{name: {"value": SECRET}}]}) == {name: "***", "inner": [{name: "***"}]}
    assert SECRET not in masked_json(f"{name.split('[')[-1].strip(']')}={SECRET}&x=1 broken", limit=500)


@pytest.mark.parametrize("name", ["card_number", "cardNumber", "card-number", "CardNo", "card[number]", "CARD_NUM"])
def test_a_number_is_hidden_however_its_field_is_spelt(name):
    assert "110-4242-424242" not in json.dumps(masked({name: "110-4242-424242"}))


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("4242.4242.4242.4242", "424242******4242"),
        ("4242 4242\u00a04242\u20134242", "424242******4242"),
        ("카드4242424242424242입니다", "카드424242******4242입니다"),
        ("4242\t4242\t4242\t4242", "424242******4242"),
        ("4242 - 4242 - 4242 - 4242", "424242******4242"),
        ("4242\u200b4242\u200b4242\u200b4242", "424242******4242"),
        ("４２４２－４２４２－４２４２－４２４２", "424242******4242".translate(FULL_WIDTH)),
        ("4242/4242/4242/4242", "424242******4242"),
        ("4242_4242_4242_4242", "424242******4242"),
        ("4242, 4242, 4242, 4242", "424242******4242"),
        ("3782/822463/10005", "378282*****0005"),
        ("2026/11/29 06:00:30", "2026/11/29 06:00:30"),
        ("order_3_1795937303_12", "order_3_1795937303_12"),
        ("on 2026-11-29 4242-4242-4242-4242", "on 2026-11-29 424242******4242"),
        ("42-42-42-42-42-42-42-42", "424242******4242"),
        ("3782 822463 10005", "378282*****0005"),
        ("4222222222222", "42*******2222"),
        ("4242-4242-4242-4242-1234", "424242******4242-1234"),
        (4.242424242424242e15, "424242******4242"),
        ("1700000000000", "1700000000000"),
        (1_700_000_000_000, 1_700_000_000_000),
        ("2026-11-29 06:00:30", "2026-11-29 06:00:30"),
    ],
)
def test_a_card_number_is_hidden_by_its_look(value, kept):
    assert masked({"memo": value}) == {"memo": kept}


def test_a_long_text_of_digits_does_not_slow_a_page_down():
    assert "*" in without_numbers("4242-" * 2000)
