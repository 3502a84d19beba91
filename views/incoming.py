"""What every view needs to read its request: the payment desk, and what the browser or the payment service sent."""

from typing import Any

from flask import current_app, request

from errors import InvalidRequest
from services.desk import Desk


def desk() -> Desk:
    """The payment desk this application was opened with."""
    opened: Desk = current_app.extensions["desk"]
    return opened


def wants_json() -> bool:
    """Return whether the caller sent JSON or asks for it first, so an answer should be JSON too."""
    return request.is_json or request.accept_mimetypes.best == "application/json"


def sent_json() -> Any:
    """The body of the request, read as JSON; None where it is none, or nested deeper than Python can read."""
    try:
        return request.get_json(silent=True)
    except RecursionError:
        return None


def leads_out(address: str) -> bool:
    """Whether an address is anything but a path of ours: it could lead to a look-alike."""
    # Browsers drop tabs and newlines, and take a backslash, or any number of slashes, for the start of a host.
    return not address.startswith("/") or address.startswith("//") or "\\" in address or not address.isprintable()


def is_storable(text: str) -> bool:
    """No database of ours holds NUL or half a character; nobody types them."""
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
