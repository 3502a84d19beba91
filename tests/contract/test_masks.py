"""Shop and sandbox mask by rules of their own. These tests list where both must agree."""

import pytest

from sandbox.wirelog import card_numbers
from sandbox.wirelog import masking as theirs
from services import masking as ours

CARDS = {
    "plain": "4242424242424242",
    "dashes": "4242-4242-4242-4242",
    "dots": "4242.4242.4242.4242",
    "wide spaces": "4242\u3000424242424242",
    "invisible": "4242\u200b4242\u200b4242\u200b4242",
    "slashes": "4242/4242/4242/4242",
    "mistyped, in groups": "4242-4242-4242-4241",
    "fifteen digits": "3782 822463 10005",
    "too long": "4242424242424242-1234",
    "in a sentence": "The card 4242 4242 4242 4242 expires on 2030-12.",
    "among other numbers": "12 4242424242424242 2030-12",
}
NO_CARDS = ["imp_320857621227", "order_20261129000001", "010-1234-5678", "2026-11-29T09:00:00", "1101234567890"]
ONLY_OURS = {"impkey", "vbanknum"}
"""The sandbox's REST key is public, and the account of a deposit is the shop's own. A shop keeps neither."""


@pytest.mark.parametrize("text", CARDS.values(), ids=CARDS.keys())
def test_both_mask_a_card_number_however_it_is_written(text):
    for hide in (ours.without_numbers, card_numbers.hide):
        hidden = len(card_numbers.plain_digits(text)) - len(card_numbers.plain_digits(hide(text)))
        assert hidden >= 5, hide(text)


@pytest.mark.parametrize("text", NO_CARDS)
def test_both_leave_what_is_no_card_number(text):
    assert (ours.without_numbers(text), card_numbers.hide(text)) == (text, text)


def test_both_mask_the_same_names():
    shops = {*ours.SECRETS, *ours.NUMBERS}
    sandboxs = {*theirs.SECRETS, *theirs.TOKENS, *theirs.NUMBERS}

    assert shops ^ sandboxs == ONLY_OURS
