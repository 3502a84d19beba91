"""What people type, in one form."""

import unicodedata

import pytest

import texts

SEEN_ALIKE = [
    ("  Jisoo Kim ", "Jisoo Kim"),
    ("Jisoo\N{NO-BREAK SPACE}Kim", "Jisoo Kim"),
    ("김\N{IDEOGRAPHIC SPACE}지수", "김 지수"),
    ("Jisoo \t Kim\r\n", "Jisoo Kim"),
    ("Jisoo \N{ZERO WIDTH SPACE} Kim", "Jisoo Kim"),
    (unicodedata.normalize("NFD", "김지수"), "김지수"),
    ("\N{RIGHT-TO-LEFT OVERRIDE}Jisoo\x07 Kim\N{ZERO WIDTH NO-BREAK SPACE}", "Jisoo Kim"),
    ("Ji\N{ZERO WIDTH JOINER}soo Ki\N{SOFT HYPHEN}m", "Jisoo Kim"),
    ("\N{HANGUL FILLER}", ""),
    ("", ""),
]


@pytest.mark.parametrize(("typed", "kept"), SEEN_ALIKE, ids=ascii)
def test_what_looks_the_same_is_the_same(typed, kept):
    assert texts.one_line(typed) == kept


@pytest.mark.parametrize(
    "text",
    [
        "Alexander O'Neill-Strauß, Jr.",
        "👩🏽\N{ZERO WIDTH JOINER}🚀 ❤️\N{ZERO WIDTH JOINER}🔥",
        "क्\N{ZERO WIDTH JOINER}ष",
        "می\N{ZERO WIDTH NON-JOINER}خواهم",
        "葛\N{VARIATION SELECTOR-17}城",
        "ＡＢＣ",
    ],
    ids=ascii,
)
def test_what_a_reader_sees_stays(text):
    assert texts.one_line(text) == text


@pytest.mark.parametrize(
    "typed",
    [
        "ｊisoo@example.com",
        "jisoo@example。com",
        "jisoo＠example．com",
        " JiSoo@EXAMPLE.com\N{IDEOGRAPHIC SPACE}",
        "ji\N{ZERO WIDTH SPACE}soo@exam\N{SOFT HYPHEN}ple.com",
    ],
    ids=ascii,
)
def test_an_address_has_one_form(typed):
    assert texts.email(typed) == "jisoo@example.com"


def test_a_domain_is_in_the_letters_of_its_owner():
    assert texts.email("a@xn--3e0b707e.kr") == texts.email("a@한국.KR") == "a@한국.kr"


@pytest.mark.parametrize("text", ["", "jisoo", "a b@example.com", "@", "a@b@c"])
def test_text_that_is_no_address_is_left_to_the_form(text):
    assert texts.email(text) == text


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("(010) 1234 5678", "01012345678"),
        ("０１０－１２３４－５６７８", "010-1234-5678"),
        ("010–1234−5678", "010-1234-5678"),
        ("\N{LEFT-TO-RIGHT EMBEDDING}+82 10-1234-5678\N{POP DIRECTIONAL FORMATTING}", "+8210-1234-5678"),
    ],
    ids=ascii,
)
def test_a_phone_number_has_digits_of_ascii(typed, number):
    assert texts.phone(typed) == number


@pytest.mark.parametrize("form", [texts.one_line, texts.email, texts.phone])
def test_a_second_look_changes_nothing(form):
    for typed, _ in SEEN_ALIKE:
        assert form(form(typed)) == form(typed)


FAMILY = "👨\N{ZERO WIDTH JOINER}👩\N{ZERO WIDTH JOINER}👧"
DECOMPOSED = unicodedata.normalize("NFD", "각")


@pytest.mark.parametrize(
    ("text", "most", "sent"),
    [
        ("Alexander Hamilton", 16, "Alexander Hamilt"),
        ("Alexander Hamilton", 18, "Alexander Hamilton"),
        ("Alexander Hamilton", 10, "Alexander"),
        ("제갈공명", 3, "제갈공"),
        (DECOMPOSED * 2, 4, DECOMPOSED),
        (FAMILY * 2, 9, FAMILY),
        ("지수" + FAMILY, 6, "지수"),
        ("e\N{COMBINING ACUTE ACCENT}" * 2, 3, "e\N{COMBINING ACUTE ACCENT}"),
        ("🇰🇷🇺🇸", 3, "🇰🇷"),
    ],
)
def test_a_text_is_cut_between_what_a_reader_sees_as_characters(text, most, sent):
    assert texts.cut(text, most) == sent


@pytest.mark.parametrize(
    ("text", "most", "sent"), [("제갈공명", 11, "제갈공"), ("가a", 4, "가a"), ("지수" + FAMILY, 23, "지수")]
)
def test_a_limit_in_bytes_cuts_there_too(text, most, sent):
    assert texts.cut(text, most, texts.in_bytes) == sent


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("Jisoo Kim", "Jisoo Kim"),
        ("Alexander Hamilton", "Alexander Hamilt"),
        ("Bartholomewlongname Smith", "Bartholome Smith"),
        ("Wolfeschlegelsteinhausen Bergerdorff-Welcher", "Wolfeschle Berge"),
        ("Mary Jane Watson", "Mary Watson"),
        ("Jisoo", "Jisoo"),
        ("Nebukadnezar-Maximilian", "Nebukadnezar-Max"),
    ],
)
def test_a_name_of_two_words_keeps_both(name, sent):
    assert texts.cut_name(name, 16) == sent


@pytest.mark.parametrize(
    ("number", "sent"),
    [
        ("010-1234-5678", "010-1234-5678"),
        ("+82-10-1234-5678", "+82-10-1234-5678"),
        ("+49-1525-1234-5678", "+49152512345678"),
    ],
)
def test_a_long_phone_number_loses_its_dashes_and_no_digit(number, sent):
    assert texts.cut_phone(number, 16) == sent
