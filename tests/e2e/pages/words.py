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
        return self._say("translations", text, values)

    def sandbox(self, text: str, **values: str) -> str:
        return self._say("sandbox/translations", text, values)

    def _say(self, folder: str, text: str, values: dict[str, str]) -> str:
        """Return the text in this language; English is the text itself. A missing translation fails the test here."""
        said = _catalog(folder, self.language).gettext(text)
        assert self.language == "en" or said != text, f"{text!r} has no {self.language} in {folder}"
        return said % values if values else said
