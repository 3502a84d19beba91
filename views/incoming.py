"""What the views need to read a request: the payment desk, the JSON body, and checks of what was sent."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import current_app, request

import clock
from errors import InvalidRequest
from services import owners
from services.desk import Desk


def desk() -> Desk:
    """Return the payment desk of this application."""
    opened: Desk = current_app.extensions["desk"]
    return opened


def time_of_order(merchant_uid: str) -> datetime:
    """Return the business time of the order's owner, who need not be signed in: a browser may return without it."""
    owner = owners.of_order(merchant_uid)
    return clock.now() if owner is None else desk().time_of(owner)


def wants_json() -> bool:
    """Whether the answer should be JSON: the caller sent JSON, or prefers it to a page."""
    return request.is_json or request.accept_mimetypes.best == "application/json"


def sent_json() -> Any:
    """Return the request's body read as JSON, or None if it is not JSON or is nested deeper than Python can read."""
    try:
        return request.get_json(silent=True)
    except RecursionError:
        return None


def sent_text(name: str) -> str:
    """Return a field of the JSON body, or of the query where there is no body; empty if it is not a storable text."""
    body = sent_json() if request.is_json else request.args
    value = body.get(name) if isinstance(body, Mapping) else None
    return value if isinstance(value, str) and is_storable(value) else ""


def is_id(text: str) -> bool:
    """Whether the text may be an id of the payment service. Pages show ids, so a sentence must not pass for one."""
    return re.fullmatch(r"[A-Za-z0-9_-]{1,40}", text) is not None


def sent_imp_uid() -> str | None:
    """Return the payment that the browser names, or None if it names none or the text is not an id."""
    imp_uid = sent_text("imp_uid")
    return imp_uid if is_id(imp_uid) else None


def is_phone(user_agent: str) -> bool:
    """Whether the browser runs on a phone: phones put this word into the user agent, which the SDK reads too."""
    return "Mobi" in user_agent


def leads_out(address: str) -> bool:
    """Whether an address is anything but a path of this shop. Any other could lead to a site that imitates the shop."""
    # Browsers drop tabs and newlines, and read a backslash or two or more slashes as the start of a host.
    return not address.startswith("/") or address.startswith("//") or "\\" in address or not address.isprintable()


def is_storable(text: str) -> bool:
    """Whether every database can store the text: it contains no NUL and no lone surrogate, which people do not type."""
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def sent_object() -> dict[str, Any]:
    """Return the body of the request as a JSON object.

    Raises:
        InvalidRequest: when the body is not a JSON object, or a text in it cannot be stored.
    """
    body = sent_json()
    if not isinstance(body, dict):
        raise InvalidRequest("the body is not a JSON object")
    if not all(is_storable(value) for value in body.values() if isinstance(value, str)):
        raise InvalidRequest("a text contains characters that cannot be stored")
    return body
