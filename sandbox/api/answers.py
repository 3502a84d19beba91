"""Delay, break or withhold answers, as a planned outcome or one of the levers `latency` and `service` says."""

import select
import socket
from time import monotonic, sleep

from flask import Response, g, request

from ..ledger.models import Payment, db
from ..rules import outcomes
from ..rules.charges import INTERNAL_ERROR
from ..wire.errors import Refused

REFUSING = "점검 중이라 요청을 받지 않습니다. (the lever service is refuse)"
LONGEST_HANG = 60.0
"""Seconds after which a call is cut off although its client still waits."""

CONNECTIONS = ("werkzeug.socket", "gunicorn.socket")
"""Keys of the WSGI environment where a server leaves the connection to the client."""


def fail_if_out(state: str) -> None:
    """Refuse the call, or leave it without an answer, unless the lever `service` is `up`. Nothing else happens then.

    Raises:
        Refused: with HTTP 403 or 500, or with 504 after a client that hangs has given up.
    """
    if state == "refuse":
        raise Refused(-1, REFUSING, http=403, ours=True)
    if state == "error":
        raise Refused(-1, INTERNAL_ERROR, http=500)
    if state == "hang":
        _lose(LONGEST_HANG)
        raise Refused(-1, "Gateway Timeout", http=504)


def disturb(payment: Payment) -> None:
    """Delay, break off or fail the answer to a charge if its outcome says so. Call between the charge and the answer.

    Raises:
        Refused: when the answer is HTTP 500 although the charge was made, or HTTP 504 in place of a lost answer under
            a server that does not share its connections.
    """
    wrong, seconds = outcomes.answer_to(payment), payment.outcome_seconds
    if wrong == "500_after":
        raise Refused(-1, INTERNAL_ERROR, http=500)
    if wrong == "slow":
        _wait(seconds)
    if wrong == "lost":
        _lose(seconds)


def delay(response: Response) -> Response:
    """Delay every answer to a merchant by the lever `latency`. Register with `after_request`."""
    _wait(g.get("latency", 0))
    return response


def _wait(seconds: float) -> None:
    if seconds:
        db.session.commit()  # other requests need the database during the wait
        sleep(seconds)


def _lose(seconds: float) -> None:
    """Send nothing until the client gives up or `seconds` are over, then cut the connection. Raises `Refused` (504)."""
    connection = next((request.environ[name] for name in CONNECTIONS if name in request.environ), None)
    if connection is None:
        raise Refused(-1, "Gateway Timeout", http=504)
    db.session.commit()
    deadline = monotonic() + seconds
    while (left := deadline - monotonic()) > 0 and not _has_hung_up(connection, left):
        sleep(0.05)
    connection.shutdown(socket.SHUT_RDWR)


def _has_hung_up(connection: socket.socket, timeout: float) -> bool:
    readable, _, _ = select.select([connection], [], [], timeout)
    try:
        return bool(readable) and connection.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True
