"""Answers that depend on the visitor: neither a browser nor a proxy may store them and show them to the next one."""

from flask import Flask, Response, g, request, session

PUBLIC = {"catalog", "guides", "guide_texts"}
"""Blueprints whose pages are the same for every visitor who has no account."""


def init_app(app: Flask) -> None:
    """Mark every answer of `app`, also an error, that belongs to one visitor."""
    app.after_request(keep_private)


def keep_private(response: Response) -> Response:
    """Forbid storing the answer, unless its view has set `Cache-Control` itself, as files do, or it is public."""
    if "Cache-Control" not in response.headers and (request.blueprint not in PUBLIC or _is_personal()):
        response.headers["Cache-Control"] = "no-store"
    return response


def _is_personal() -> bool:
    """Whether an answer of a public view shows who is signed in, has a form's token, or changes the session."""
    # "_user_id" is where Flask-Login, and "csrf_token" where Flask-WTF, keep what they have used.
    return "_user_id" in session or "csrf_token" in g or session.modified
