"""How much a browser loads for a page: our HTML, stylesheets and scripts, compressed, without the SDK and frames."""

import gzip
import re
from pathlib import Path
from urllib.parse import urljoin

import pytest

from tests.views.reading import Page

MOST = 150 * 1024
"""Bytes."""
FOLDER = Path(__file__).parents[2] / "static"

_CSS_IMPORT = re.compile(r'@import url\("([^"]+)"\)')
_JS_IMPORT = re.compile(r'^(?:import|export) [^;]*?from "([^"]+)"|^import "([^"]+)"|import\("([^"]+)"\)', re.M)


def loaded_by(page: Page) -> set[str]:
    """Return the addresses of our stylesheets and scripts that the page loads, with all that they import."""
    found: set[str] = set()
    waiting = [link["href"] for link in page.all("link", rel="stylesheet")]
    scripts = [script["src"] for script in page.all("script", type="module")]
    modules = {attrs["data-module"] for _, attrs in page.elements if "data-module" in attrs}
    waiting += scripts + [urljoin(scripts[-1], f"{module}.js") for module in modules]
    while waiting:
        address = waiting.pop()
        if address not in found:
            found.add(address)
            text = file_of(address).read_text(encoding="utf-8")
            named = _CSS_IMPORT.findall(text) if address.endswith(".css") else map("".join, _JS_IMPORT.findall(text))
            waiting += [urljoin(address, name) for name in named]
    return found


def file_of(address: str) -> Path:
    return FOLDER / address.split("/", 3)[3]  # /static/<version>/<path>


def compressed(data: bytes) -> int:
    return len(gzip.compress(data, 6))


def weight(client, path: str) -> dict[str, int]:
    answer = client.get(path)
    assert answer.status_code in (200, 404)
    files = loaded_by(Page(answer.text))
    return {path: compressed(answer.data)} | {file: compressed(file_of(file).read_bytes()) for file in files}


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/plans/coffee-monthly",
        "/guides",
        "/guides/compare",
        "/guides/inicis",
        "/guides/jtnet?variant=2-1",
        "/guides/paymentwall",
        "/guides/inicis/frame",
        "/checkout/coffee-monthly",
        "/subscriptions",
        "/account",
        "/nowhere",
    ],
)
def test_a_page_loads_at_most_150_kb(shopper, path, language):
    parts = weight(shopper, f"{path}{'&' if '?' in path else '?'}lang={language}")

    assert sum(parts.values()) <= MOST, sorted(parts.items(), key=lambda part: -part[1])[:10]


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_pages_stylesheets_and_scripts_are_sent_compressed(client, encoding):
    for address in ("/guides/inicis", *loaded_by(Page(client.get("/guides/inicis").text))):
        answer = client.get(address, headers={"Accept-Encoding": encoding})
        if len(client.get(address).data) > 500:
            assert answer.headers["Content-Encoding"] == encoding, address
            assert "Accept-Encoding" in answer.headers["Vary"]


def test_what_is_read_twice_a_second_is_not_compressed(shopper):
    answer = shopper.get("/account/timeline", headers={"Accept-Encoding": "gzip"})

    assert answer.is_json
    assert "Content-Encoding" not in answer.headers


def test_the_guide_counts_what_its_scripts_import(shopper):
    files = {address.split("/", 3)[3] for address in weight(shopper, "/guides/inicis") if address.startswith("/static")}

    assert {"css/tokens.css", "js/main.js", "js/workbench/page.js", "js/workbench/setup.js", "js/http.js"} <= files
