"""Texts that people type, in one form: what looks the same is the same, and nothing invisible is kept.

A person may paste a name from a document, or type it with an input method that composes differently or uses full-width
characters. None of that is an error, so no form refuses it; see `docs/decisions/0018-one-form-for-typed-texts.md`.
"""

import unicodedata
from collections.abc import Callable

import regex
from email_validator import EmailNotValidError, validate_email

_JOINED = (
    r"(?<=[\p{ccc=9}\p{Arabic}])[\u200c\u200d](?=\p{L})"
    r"|(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f])\u200d(?=\p{Extended_Pictographic})"
)
"""Joiners that change what is seen: in the scripts of India, in Arabic script, and between two parts of an emoji."""
_INVISIBLE = regex.compile(
    rf"(?:{_JOINED})(*SKIP)(*FAIL)|[[\p{{Cc}}\p{{Cf}}\p{{Default_Ignorable_Code_Point}}]--[\s\p{{Variation_Selector}}]]",
    regex.V1,
)
_LEFT_OUT = str.maketrans("", "", "() ")
_DASH = regex.compile(r"[\p{Dash_Punctuation}\u2212]")


def one_line(text: str) -> str:
    """Return the text in NFC on one line, trimmed, with single spaces, without control and format characters."""
    return " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFC", text)).split())


def email(text: str) -> str:
    """Return the form of an e-mail address by which the shop stores and finds an account.

    The domain is in Unicode, as the owner writes it. Text that is not an address is returned for a form to refuse.
    """
    typed = one_line(unicodedata.normalize("NFKC", text))
    try:
        return validate_email(typed, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return typed.lower()


def phone(text: str) -> str:
    """Return a phone number in ASCII, without brackets and spaces, which the payment service does not accept."""
    ascii_dashes: str = _DASH.sub("-", one_line(unicodedata.normalize("NFKC", text)))
    return ascii_dashes.translate(_LEFT_OUT)


Size = Callable[[str], int]
"""How long a text is for its receiver."""


def in_bytes(text: str) -> int:
    """Return how many bytes the text has in UTF-8."""
    return len(text.encode())


def cut(text: str, most: int, size: Size = len) -> str:
    """Return the beginning of the text that fits, without a part of a character as a reader sees it: a grapheme."""
    if size(text) <= most:
        return text
    kept = ""
    for grapheme in regex.findall(r"\X", text):
        if size(kept + grapheme) > most:
            break
        kept += grapheme
    return kept.rstrip()


def cut_name(text: str, most: int, size: Size = len) -> str:
    """Return a name of two words that fits: the first and the last word, and only the beginning of a long one."""
    words = text.split(" ")
    if len(words) < 2:
        return cut(text, most, size)
    first, last = words[0], words[-1]
    first = cut(first, most - 1 - min(size(last), most // 3), size)
    return f"{first} {cut(last, most - 1 - size(first), size)}"


def cut_phone(text: str, most: int, size: Size = len) -> str:
    """Return the number without its dashes if it is too long with them. Without a digit it would be another's."""
    return text if size(text) <= most else text.replace("-", "")
