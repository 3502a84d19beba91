"""Refuse requests that must not reach the part of the sandbox that they ask for, before any other code handles them.

The sandbox has no password, and any website that a developer visits can send requests to it. So

- `Host` must name this machine, or be one of `Config.TRUSTED_HOSTS`. Otherwise a foreign name that resolves to this
  machine (DNS rebinding) would give a foreign page the sandbox's own origin;
- only a page of the sandbox itself may change anything outside of what shops call across origins (`CROSS_ORIGIN`). A
  program that sends neither `Origin` nor `Sec-Fetch-Site`, such as curl or a test, is not a page;
- what the sandbox itself sends to a URL that a page has chosen (`outgoing.MARK`) counts as that page's;
- only such a page may read a lever, because some of these calls wait, and load a part of the console into its own. A
  link to the console is no such load: there the reader leaves the other page;
- with `Config.CONSOLE_ADDRESS` the console, the levers and the description answer at that address only.
"""

import re
from typing import NamedTuple

from flask import Flask, current_app, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.sansio.utils import host_is_trusted

from . import api, dashboard, sdk, windows
from .api import envelope
from .pages import UNFRAMED, guard, language_links, words
from .webhooks import outgoing
from .windows import identity

PRIVATE = {"dashboard", "control", "openapi"}
"""The blueprints that answer only at `Config.CONSOLE_ADDRESS`."""

CROSS_ORIGIN = {module.bp.name for module in (*api.RESOURCES, sdk, windows, identity)}
"""The blueprints that pages of every origin may call: the REST API needs a token, a window its secret, and the script
runs on the shop's page. Each other blueprint, also a new one, accepts changes only from the sandbox's own pages."""

READING = {"GET", "HEAD", "OPTIONS"}
OWN_SITES = {"same-origin", "none"}
"""The values of `Sec-Fetch-Site` for a page of the sandbox, and for an address that the reader typed."""

JSON_PATHS = ("/control/", "/openapi.json/", "/healthz/")

_PORT = re.compile(r":[0-9]+$")


class Refusal(NamedTuple):
    """Why a request is refused, in the reader's language, and what to do."""

    http: int
    code: str
    title: str
    message: str


def init_app(app: Flask) -> None:
    """Check every request of `app` before anything else does.

    Raises:
        ValueError: when a trusted host of the configuration is not a host name.
    """
    app.extensions["sandbox_trusted_hosts"] = app.extensions["sandbox_config"].trusted_hosts()
    app.before_request(refuse)


def refuse() -> ResponseReturnValue | None:
    """Answer a request that must not reach what it asks for; return None for any other."""
    refusal = _unknown_host() or _foreign() or _elsewhere()
    return _answer(refusal) if refusal else None


def _unknown_host() -> Refusal | None:
    if _is_trusted(request.host.lower(), current_app.extensions["sandbox_trusted_hosts"]):
        return None
    host = _PORT.sub("", request.host) or "HOST"
    message = _(
        "The sandbox does not answer at the host name %(host)s. If your network uses this name for it, start it with "
        "--trusted-host %(host)s, or add the name to SANDBOX_TRUSTED_HOSTS.",
        host=host,
    )
    return Refusal(400, "untrusted_host", _("Unknown host name"), message)


def _is_trusted(host: str, trusted: tuple[str, ...]) -> bool:
    """Whether `host`, with or without a port, is one of `trusted`."""
    # Werkzeug cuts a trusted name at its first colon, and so never matches an IPv6 address.
    return host_is_trusted(host, trusted) or f"{host.rpartition(']')[0]}]" in trusted


def _foreign() -> Refusal | None:
    """Refuse what a page of another origin must not do: change something, read a lever, or embed the console.

    Both headers are checked, because browsers send `Sec-Fetch-Site` only to a trustworthy address, and an older one
    never. `Origin: null`, such as of a sandboxed frame, is another origin.

    Source: https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
    """
    reads = request.method in READING
    if CROSS_ORIGIN & set(request.blueprints) or (reads and not _is_private_read()):
        return None
    # A proxy may end TLS, so the scheme that the sandbox sees is not always the browser's.
    own = {f"{scheme}://{request.host}" for scheme in ("http", "https")}
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site", "none")
    by_us = any(name in request.headers for name in outgoing.MARK)
    if site in OWN_SITES and (origin is None or origin in own) and not by_us:
        return None
    sender = "notice_url, confirm_url" if by_us else origin or site
    if reads:
        message = _(
            "A page of another origin (%(origin)s) must not read the levers or load the console. Open %(console)s, or "
            "send the request from a program instead of a page, such as curl or your test.",
            origin=sender,
            console=request.host_url,
        )
        return Refusal(403, "foreign_origin", _("Request from another page refused"), message)
    message = _(
        "A page of another origin (%(origin)s) must not change the sandbox, and nothing has changed. Use the console "
        "at %(console)s, or send the request from a program instead of a page, such as curl or your test.",
        origin=sender,
        console=request.host_url,
    )
    return Refusal(403, "foreign_origin", _("Change from another page refused"), message)


def _is_private_read() -> bool:
    """Whether a reading request is for a lever, or loads a page of the console otherwise than by a link.

    Source: https://www.w3.org/TR/fetch-metadata/ (a link has `Sec-Fetch-Dest: document`)
    """
    by_link = request.headers.get("Sec-Fetch-Dest", "document") == "document"
    return request.path.startswith("/control/") or (dashboard.bp.name in request.blueprints and not by_link)


def _elsewhere() -> Refusal | None:
    """Refuse a request to a `PRIVATE` part that has arrived at another address than the console's.

    The server names the address that it listens on, so no header of the request decides.
    """
    address = current_app.extensions["sandbox_config"].CONSOLE_ADDRESS
    if not address or not PRIVATE & set(request.blueprints) or request.environ["SERVER_NAME"] == address:
        return None
    message = _(
        "The console and the levers answer only on the machine that runs the sandbox, at %(console)s.",
        console=f"http://{address}:{request.environ['SERVER_PORT']}",
    )
    return Refusal(403, "console_elsewhere", _("Only on its own machine"), message)


def _answer(refusal: Refusal) -> ResponseReturnValue:
    """Return the refusal in the form that its caller reads: envelope, callback, JSON or page."""
    path = f"{request.path}/"
    if path.startswith(envelope.ROOTS):
        return envelope.answer(None, code=-1, message=f"{refusal.message} ({refusal.code})", http=refusal.http)
    if path.startswith("/sdk/"):
        error = {"error_code": refusal.code, "error_msg": refusal.message}
        return jsonify(success=False, imp_uid=None, **error), refusal.http
    if path.startswith(JSON_PATHS):
        return jsonify(error=refusal.message, code=refusal.code), refusal.http
    languages = language_links(request.path) if request.method in READING else []
    page = render_template("refused.html", refusal=refusal, languages=languages, **words())
    return guard(make_response(page, refusal.http), UNFRAMED)
