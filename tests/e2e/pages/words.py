"""The texts of the pages in the shopper's language, looked up by the English text in the code."""

from functools import cache
from pathlib import Path

from babel.support import NullTranslations, Translations

ROOT = Path(__file__).parents[3]


@cache
def _catalog(folder: str, language: str) -> NullTranslations:
    return Translations.load(ROOT / folder, [language])


class Words:
    def __init__(self, language: str) -> None:
        self.language = language

    def shop(self, text: str, **values: str) -> str:
        return self._translate("translations", text, values)

    def sandbox(self, text: str, **values: str) -> str:
        return self._translate("sandbox/translations", text, values)

    def _translate(self, folder: str, text: str, values: dict[str, str]) -> str:
        """Return the text in this language; English is the text itself. A missing translation fails the test here."""
        translated = _catalog(folder, self.language).gettext(text)
        assert self.language == "en" or translated != text, f"{text!r} has no {self.language} in {folder}"
        return translated % values if values else translated
