"""What PGs' texts about declines mean to a reader of another language."""

import pytest

from services import declines
from services.declines import meaning_of

BALANCE = "There is not enough money in the account."


@pytest.mark.parametrize("text", ["잔액이 부족합니다.", "[51] 잔액부족", "잔고 부족으로 거절", "계좌 잔액이 부족하여"])
def test_a_known_korean_text_has_a_meaning_in_english(text):
    assert meaning_of(text, "en") == BALANCE


def test_a_known_english_text_has_a_meaning_in_korean():
    assert meaning_of("Insufficient Funds", "ko") == "잔액이 부족합니다."


@pytest.mark.parametrize(("text", "language"), [("잔액이 부족합니다.", "ko"), ("Insufficient funds", "en")])
def test_a_text_in_the_readers_language_needs_none(text, language):
    assert meaning_of(text, language) == ""


@pytest.mark.parametrize("text", ["알 수 없는 사유입니다.", "", "–", "[9999]"])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_an_unknown_text_has_none(text, language):
    assert meaning_of(text, language) == ""


def test_no_phrase_is_hidden_by_a_wider_one_before_it():
    phrases = list(declines._known())

    hidden = [(later, early) for n, later in enumerate(phrases) for early in phrases[:n] if early in later]

    assert hidden == []


def test_every_meaning_is_in_both_languages():
    for entry in declines._known().values():
        assert declines.HANGUL.search(entry["ko"])
        assert not declines.HANGUL.search(entry["en"])
