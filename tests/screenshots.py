"""Make the pictures of the documentation: `make screenshots`.

It starts a demonstration of its own on free ports with an empty database, and shows each page to the same person, in
the same language and size. What differs from run to run (ids, ports and today's date) is replaced in the page before
the picture, so that a picture visibly changes only when the page does.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.conftest import ROOT, free_port
from tests.e2e.pages.guide import GuidePage
from tests.e2e.pages.words import Words

FOLDER = ROOT / "docs" / "images"
SIZE = (1440, 960)
"""Pixels."""
DAY = "Nov 29, 2026"
"""The day on the clock in the header."""

SETTLE = """([texts, day]) => {
  const ids = (text) => text.replace(/\\b(order|cu)_[0-9a-f]{20}\\b/g, "$1_0a1b2c3d4e5f6a7b8c9d");
  const settled = (text) => texts.reduce((text, [before, after]) => text.replaceAll(before, after), ids(text));
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) walker.currentNode.data = settled(walker.currentNode.data);
  for (const input of document.querySelectorAll("input")) input.value = settled(input.value);
  for (const time of document.querySelectorAll(".clock-chip time")) time.textContent = day;
  document.activeElement?.blur();
  for (const element of document.querySelectorAll("*")) element.scrollTop = 0;
}"""


@dataclass(frozen=True)
class Demonstration:
    """A running demonstration: its address, and the port of its sandbox."""

    shop: str
    sandbox_port: int


def guide(page: Page, shop: str, words: Words) -> None:
    """A guide while a payment window is open in the shop's frame, with a test card filled in."""
    window = GuidePage(page, words, "pc").open(shop, "inicis").run()
    window.number.fill("4242-4242-4242-4242")


PICTURES: dict[str, Callable[[Page, str, Words], None]] = {"guide.png": guide}
"""File → what to do before the picture."""


@contextmanager
def demonstration(folder: Path) -> Iterator[Demonstration]:
    """Run a demonstration for the duration of the block."""
    port, sandbox_port = free_port(), free_port()
    environ = {
        **os.environ,
        "PORT": str(port),
        "SANDBOX_PORT": str(sandbox_port),
        "DATABASE_URL": f"sqlite:///{folder}/shop.db",
        "SANDBOX_DATABASE_URL": f"sqlite:///{folder}/sandbox.db",
        "SECRET_KEY": "the-demonstration-of-the-pictures",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "demo"], cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        for line in process.stdout or ():
            if "staff@example.com" in line:  # the last of the people to sign in as
                break
        yield Demonstration(shop=f"http://localhost:{port}", sandbox_port=sandbox_port)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)


def take(browser: Browser, site: Demonstration, name: str) -> None:
    """Make one picture, as the person who has no subscription yet, in English and in light colours."""
    width, height = SIZE
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale="en-US", color_scheme="light", reduced_motion="reduce"
    )
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(f"{site.shop}/account/sign-in?lang=en")
    page.get_by_role("button", name="이하늘").click()
    page.wait_for_url("**/subscriptions**")
    PICTURES[name](page, site.shop, Words("en"))
    page.wait_for_load_state("networkidle")
    ports = [
        [site.shop.removeprefix("http://"), "localhost:8000"],
        [f"localhost:{site.sandbox_port}", "localhost:8001"],
    ]
    for frame in page.frames:
        frame.evaluate(SETTLE, [ports, DAY])
    page.mouse.move(0, 0)
    page.screenshot(path=FOLDER / name, animations="disabled", caret="hide")
    context.close()


def main() -> None:
    """Make every picture."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser")
    system = next(filter(None, map(shutil.which, names)), None)
    with tempfile.TemporaryDirectory() as folder, demonstration(Path(folder)) as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=system, args=["--no-sandbox", "--disable-gpu"])
        for name in PICTURES:
            take(browser, site, name)
            sys.stdout.write(f"{FOLDER.relative_to(ROOT) / name}\n")
        browser.close()


if __name__ == "__main__":
    main()
