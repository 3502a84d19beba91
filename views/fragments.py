"""Parts of pages that are the same for every visitor: rendered once in each language, and kept by the process."""

from collections.abc import Callable, Hashable
from typing import TypeVar

from flask import Flask, current_app, request

from views import language

Made = TypeVar("Made")

MOST = 500
"""Fragments to keep. The guides need fewer than a hundred; more than this many are a mistake in a key."""


def init_app(app: Flask) -> None:
    """Make `kept` available to the templates of `app`."""
    app.extensions["fragments"] = {}
    app.jinja_env.globals.update(kept=kept)


def kept(
    name: str, facts: tuple[Hashable, ...] | None, caller: Callable[[], Made], *, version: Hashable = None
) -> Made:
    """Return what `caller` makes, from memory if it was made with the same name and facts before.

    `{% call kept("reference", (guide.id, variant.id)) %}…{% endcall %}` keeps the block of a template. It may depend on
    the language, on `facts`, and on what stays the same while the process runs: never on the visitor, the session or
    the time. Without facts (None) it is made on each request. Another `version` replaces what was kept.
    """
    if facts is None or current_app.debug:  # in debug mode, templates may change at any time
        return caller()
    fragments: dict[Hashable, tuple[Hashable, Made]] = current_app.extensions["fragments"]
    key = (name, language.chosen(), request.script_root, facts)
    found = fragments.get(key)
    if found is None or found[0] != version:
        if len(fragments) >= MOST:
            fragments.clear()
        found = fragments[key] = (version, caller())
    return found[1]
