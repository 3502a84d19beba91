"""Let the console, the levers and the description answer at one address of this machine only.

Another device needs the script, the windows and the REST API. The rest shows and changes everything, without a
password, so a sandbox that listens on a network keeps it to itself.
"""

from flask import Flask, current_app, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue

from .pages import guard, language_links, words

PRIVATE = {"dashboard", "control", "openapi"}
"""The blueprints that answer only at `Config.CONSOLE_ADDRESS`."""

CODE = "console_elsewhere"


def init_app(app: Flask) -> None:
    """Check every request of `app` before anything else does."""
    app.before_request(refuse_elsewhere)


def refuse_elsewhere() -> ResponseReturnValue | None:
    """Answer 403 if the request has arrived at another address than the one where this part of the sandbox answers.

    The server names the address that it listens on, so no header of the request decides.
    """
    address = current_app.extensions["sandbox_config"].CONSOLE_ADDRESS
    if not address or not PRIVATE & set(request.blueprints) or request.environ["SERVER_NAME"] == address:
        return None
    console = f"http://{address}:{request.environ['SERVER_PORT']}"
    if "control" in request.blueprints or request.endpoint == "openapi.openapi":
        return jsonify(error=f"this answers only at {console}", code=CODE), 403
    facts = {"console": console, "code": CODE, "languages": language_links(request.path)}
    return guard(make_response(render_template("elsewhere.html", **facts, **words()), 403))
