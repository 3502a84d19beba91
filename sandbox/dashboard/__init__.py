"""Serve the console at `/`, the merchant's back office: a page for each section, and a page for each record.

The address of a page begins with its merchant, `/console/<code>/…`; `/` is the first page of the default merchant.
Pages keep themselves up to date: the script requests the page again with `X-Live: 1`, and receives its main part, or
304 when nothing has changed.
"""

from . import actions, confirming, orders, search, settings, views, wire
from .blueprint import bp

__all__ = ["actions", "bp", "confirming", "orders", "search", "settings", "views", "wire"]
