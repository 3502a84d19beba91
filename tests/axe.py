"""What axe objects to on a page."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Frame, Page

REMEMBER_COLOURS = """() => {
  const { Color } = axe.commons.color;
  const parse = Color.prototype.parseString;
  const known = new Map();
  Color.prototype.parseString = function (text) {
    if (!known.has(text)) known.set(text, parse.call(new Color(), text));
    const { r, g, b, alpha } = known.get(text);
    return Object.assign(this, { r, g, b, alpha });
  };
}"""
"""axe parses the dozen colours of a page anew for every word on it, which took half of its time."""

RUN = """axe.run({ resultTypes: ["violations"], preload: false }).then(({ violations }) =>
  violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`))"""
"""Preloading fetches every stylesheet once more, which the policy of our pages refuses. It serves a rule that is off,
and sound, of which there is none."""


def violations(place: Page | Frame) -> list[str]:
    """The rules that are broken, each with the first place; frame by frame, because each is its own document."""
    place.wait_for_load_state()  # with its stylesheets: a word can be there before its colours are
    if not place.evaluate("'axe' in window"):
        place.evaluate(AXE_SCRIPT)
        place.evaluate(REMEMBER_COLOURS)
    found: list[str] = place.evaluate(RUN)
    return found
