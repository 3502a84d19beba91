"""Stylesheets and scripts: a browser keeps them until they change, because their address names what is in them."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, Response, request, send_from_directory
from flask.sessions import SecureCookieSessionInterface, SessionMixin

FOLDER = Path(__file__).parent.parent / "static"
A_YEAR = 365 * 24 * 60 * 60
"""Seconds."""


@cache
def address(folder: Path = FOLDER) -> str:
    """`/static/3e24db27`: another one as soon as a file is other, moved or renamed. Read once in a process."""
    contents = hashlib.sha256()
    for path in sorted(folder.rglob("[!.]*")):  # no file that an editor or a desktop has hidden there
        if path.is_file():
            contents.update(f"{path.relative_to(folder)} {path.stat().st_size}\n".encode() + path.read_bytes())
    return f"/static/{contents.hexdigest()[:8]}"


def init_app(app: Flask) -> None:
    """Of an application whose `static_url_path` is `address()`."""
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = None if app.debug else A_YEAR
    app.session_interface = _NoSessionForFiles()
    app.add_url_rule("/static/<version>/<path:filename>", "other_static", _file_of_another_version)


def _file_of_another_version(version: str, filename: str) -> Response:
    """For a page from before an update, or of a machine that has it already: what there is here, and not to be kept."""
    return send_from_directory(FOLDER, filename, max_age=0)


class _NoSessionForFiles(SecureCookieSessionInterface):
    """A file is the same for everybody: whoever asks for it need not ask again after signing in."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if request.endpoint not in ("static", "other_static"):
            super().save_session(app, session, response)
