"""Accessibility checks of a page with axe."""

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
"""A cache of parsed colours. Without it, axe spends half of its time parsing the dozen colours again for each word."""

RUN = """(rules) =>
  axe.run({ ...rules, resultTypes: ["violations"], preload: false, iframes: false })
    .then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`))"""
"""Preloading is off. It fetches every stylesheet again, which our pages' policy refuses. Only a rule that is off and
rules about sound need it, and our pages have no sound."""


def violations(place: Page | Frame) -> list[str]:
    """Return the broken rules, each with the first element that breaks it. Call it for each frame."""
    return _run(place, {})


def contrast(place: Page | Frame) -> list[str]:
    """Return the first element whose colours are too close: enough for a page in its other scheme."""
    return _run(place, {"runOnly": ["color-contrast"]})


def _run(place: Page | Frame, rules: dict[str, list[str]]) -> list[str]:
    place.wait_for_load_state()  # the stylesheets too: a word may appear before its colours
    if not place.evaluate("'axe' in window"):
        place.evaluate(AXE_SCRIPT)
        place.evaluate(REMEMBER_COLOURS)
    found: list[str] = place.evaluate(RUN, rules)
    return found
