"""What axe objects to on a page."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Frame, Page

RUN = """axe.run({ resultTypes: ["violations"], preload: false }).then(({ violations }) =>
  violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`))"""
"""Preloading fetches every stylesheet once more, which the policy of our pages refuses. It serves a rule that is off,
and sound, of which there is none."""


def violations(place: Page | Frame) -> list[str]:
    """The rules that are broken, each with the first place; frame by frame, because each is its own document."""
    if not place.evaluate("'axe' in window"):
        place.evaluate(AXE_SCRIPT)
    found: list[str] = place.evaluate(RUN)
    return found
