"""The console: what a PG's back office is to a merchant, at `/`, a page for each section and a story for each row.

Every page stands under the merchant it shows, `/console/<code>/…`; `/` is the default merchant's first. Pages
keep themselves up to date: the script asks for the page again with `X-Live: 1`, and gets its main part, or 304.
"""

from . import actions, views
from .blueprint import bp

__all__ = ["actions", "bp", "views"]
