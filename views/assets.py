"""Stylesheets, scripts and pictures. A browser keeps them until they change: their URL has a hash of the contents."""

import hashlib
import re
from functools import cache
from pathlib import Path

from flask import Flask, Response, request, send_from_directory
from flask.sessions import SecureCookieSessionInterface, SessionMixin

FOLDER = Path(__file__).parent.parent / "static"
A_YEAR = 365 * 24 * 60 * 60
"""Seconds."""


@cache
def address(folder: Path = FOLDER) -> str:
    """Return the URL prefix, such as `/static/3e24db27`. It changes when a file is changed, moved or renamed.

    Each process reads the files once.
    """
    contents = hashlib.sha256()
    for path in sorted(folder.rglob("[!.]*")):  # skip hidden files of an editor or a desktop
        if path.is_file():
            contents.update(f"{path.relative_to(folder)} {path.stat().st_size}\n".encode() + path.read_bytes())
    return f"/static/{contents.hexdigest()[:8]}"


@cache
def plan_picture(slug: str) -> str:
    """Return the file in `static/` that pictures the plan. A plan without a picture of its own gets a general one."""
    own = f"img/plans/{slug}.svg"
    has_own = re.fullmatch(r"[a-z0-9-]+", slug) is not None and (FOLDER / own).is_file()
    return own if has_own else "img/plans/other.svg"


def init_app(app: Flask) -> None:
    """Set how long files are kept. The application's `static_url_path` must be `address()`."""
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = None if app.debug else A_YEAR
    app.jinja_env.filters["plan_picture"] = plan_picture
    app.session_interface = _NoSessionForFiles()
    app.add_url_rule("/static/<version>/<path:filename>", "other_static", _file_of_another_version)


def _file_of_another_version(version: str, filename: str) -> Response:
    """Serve the present file for a URL of another version, uncached.

    Such a URL stands in a page from before an update, or comes from a machine that has the update already.
    """
    return send_from_directory(FOLDER, filename, max_age=0)


class _NoSessionForFiles(SecureCookieSessionInterface):
    """Set no session cookie with a file: it is the same for every user, so a browser keeps it after signing in."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if request.endpoint not in ("static", "other_static"):
            super().save_session(app, session, response)
