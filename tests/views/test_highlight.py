"""Highlighted code: the text stays unchanged, and only what has a colour becomes an element."""

import re
from html import unescape
from pathlib import Path

import pytest

from views.highlight import highlight

STYLES = Path(__file__).parents[2] / "static/css/components/guide-code.css"

SAMPLES = {
    "python": """\
class Shop(Base):
    '''Sells.'''

    @cached
    def price(self, n: int = 1) -> str:
        return f"₩{n:,} \\n"
""",
    "html": """\
<p class="a">매달 &amp;</p>
<script>
  const a = { b: "c", d: 1 }; // e
</script>
""",
    "bash": """\
# first
curl -s "$URL/payments?a=1&b=2" | grep -q '"code":0' && echo done
""",
}


@pytest.mark.parametrize(("language", "code"), SAMPLES.items())
def test_a_reader_and_a_copy_button_get_the_code_as_it_was(language, code):
    assert unescape(re.sub("<[^>]+>", "", highlight(code, language))) == code


@pytest.mark.parametrize(("language", "code"), SAMPLES.items())
def test_each_element_has_a_colour_of_the_stylesheet(language, code):
    coloured = set(re.findall(r"\.code \.(\w+)", STYLES.read_text(encoding="utf-8")))

    assert set(re.findall(r'class="([^"]*)"', highlight(code, language))) <= coloured


def test_neighbours_of_one_colour_are_one_element():
    assert highlight('pay("a\\n", [{}])', "python") == 'pay(<span class="s">"a\\n"</span>, [{}])\n'


@pytest.mark.parametrize(
    ("language", "code", "colour"),
    [
        ("python", '"""What it does."""', "c"),
        ("python", "# why", "c"),
        ("python", "a and b", "k"),
        ("python", "len", "k"),
        ("python", "@dataclass", "nf"),
        ("html", "<p>", "k"),
        ("html", "<!-- why -->", "c"),
        ("bash", "$URL", "m"),
    ],
)
def test_a_kind_of_word_has_its_colour(language, code, colour):
    assert re.findall(r'class="(\w+)"', highlight(code, language)) == [colour]
