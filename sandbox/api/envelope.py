"""`{"code", "message", "response"}`: the shape of every answer of the API, errors included."""

from typing import Any

from flask import Flask, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm.exc import ObjectDeletedError
from werkzeug.exceptions import HTTPException, NotFound, ServiceUnavailable

from ..ledger import trouble
from ..ledger.models import db
from ..merchants import levers
from ..pages import error_page, explained
from ..wire.errors import UNEXPLAINED, Refused
from ..wire.parameters import Malformed

ROOTS = (
    *("/users/", "/payments/", "/subscribe/", "/cards/", "/banks/", "/paymentwall/"),
    *("/vbanks/", "/certifications/", "/receipts/", "/escrows/", "/payco/", "/naver/", "/kakao/"),
)
"""The first parts of the API's paths; errors elsewhere are HTML pages."""


def answer(response: Any, *, code: int = 0, message: str | None = None, http: int = 200) -> Response:
    """Return an answer in its envelope. A `code` other than 0 is a failure, even with HTTP 200."""
    envelope = jsonify(code=code, message=message, response=response)
    envelope.status_code = http
    envelope.content_type = "application/json; charset=UTF-8"
    return envelope


def init_app(app: Flask) -> None:
    """Register the handlers that put every error into the envelope."""
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(Malformed, _malformed)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(ObjectDeletedError, _vanished)
    app.register_error_handler(NoResultFound, _vanished)
    for error in trouble.ERRORS:
        app.register_error_handler(error, _unusable)


def _refused(error: Refused) -> Response:
    if _explains():
        message = explained(error.message, error.sent)
    else:
        message = error.message.replace(error.detail, UNEXPLAINED) if error.detail else error.message
    envelope = answer(None, code=error.code, message=message, http=error.http)
    if error.retry_after:
        envelope.headers["Retry-After"] = str(error.retry_after)
    return envelope


def _malformed(error: Malformed) -> Response:
    http = int(levers.get(g.merchant, "malformed_http")) if "merchant" in g else 400
    return answer(None, code=-1, message=str(error) if _explains() else UNEXPLAINED, http=http)


def _explains() -> bool:
    return bool(levers.get(g.merchant, "own_texts")) if "merchant" in g else True


def _vanished(_error: ObjectDeletedError | NoResultFound) -> ResponseReturnValue:
    """Answer 404 when a reset deletes a row that this request has already loaded."""
    return _http_error(NotFound())


def _unusable(error: Exception) -> ResponseReturnValue:
    """Answer 503 when the ledger cannot be used, such as on a full disk. Any other error of a statement is ours."""
    db.session.rollback()
    if not trouble.is_of_file(error):
        raise error
    trouble.report(error)
    return _http_error(ServiceUnavailable())


def _http_error(error: HTTPException) -> ResponseReturnValue:
    """Answer HTTP errors such as 404, 405 and 500; a 405 keeps its `Allow`."""
    path = f"{request.path}/"
    if path.startswith("/control/"):
        return jsonify(error=error.name), error.code or 500
    if not path.startswith(ROOTS):
        return error_page(error)
    envelope = answer(None, code=-1, message=error.name, http=error.code or 500)
    envelope.headers.extend((name, value) for name, value in error.get_headers() if name == "Allow")
    return envelope
