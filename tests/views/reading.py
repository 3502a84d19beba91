"""A page of the shop, as a test reads it."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """The parts of a page that tests compare: elements by tag with their attributes, and the text a person reads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self._inside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag in ("script", "style", "pre"):
            self._inside.append(tag)

    def handle_endtag(self, tag):
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data):
        if not self._inside:
            self.words.append(data)

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        return [attrs for name, attrs in self.elements if name == tag and wanted.items() <= attrs.items()]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def page_of(client, address: str, *, follow: bool = False) -> Page:
    answer = client.get(address, follow_redirects=follow)
    assert answer.status_code == 200, answer.text[:500]
    return Page(answer.text)
