"""A worker that stops at one step of its first charge: `python -m tests.crash.worker STEP`, then `renew-due`'s options.

The shop is unchanged. The steps are seen from outside: in its statements, its commits and its calls to the service.
The process stops with SIGSTOP, so that a test can start another worker beside it before it kills this one.
"""

import http.client
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

import requests
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from app import create_app
from config import Config
from services.iamport import IamportClient
from services.iamport.deadline import DeadlineAdapter

CLAIM, ATTEMPT, ANSWER = "claim_token=", "INSERT INTO orders", "UPDATE invoices"
"""What the statement contains that claims a subscription, stores an attempt, and stores the answer of a charge."""


_stopped = threading.Event()
"""Set before the process stops: when it continues, it runs to its end."""


class Line(DeadlineAdapter):
    """The connection to the service. It calls `on_answer` when a charge was answered, before the shop knows it."""

    is_charging = False
    on_answer: Callable[[], None] = staticmethod(lambda: None)

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        self.is_charging = request.url is not None and request.url.endswith("/subscribe/payments/again")
        answer = super().send(request, *args, **options)
        if self.is_charging:
            self.on_answer()
        return answer


def before_the_claim(_line: Line) -> None:
    _on_statement(CLAIM, stop)


def after_the_claim(_line: Line) -> None:
    _after_commit_of(CLAIM)


def after_the_attempt(_line: Line) -> None:
    _after_commit_of(ATTEMPT)


def during_the_call(line: Line) -> None:
    """Stop when the request is sent and nothing of the answer is read."""
    read = http.client.HTTPConnection.getresponse

    def getresponse(connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
        if line.is_charging:
            stop()
        return read(connection)

    http.client.HTTPConnection.getresponse = getresponse  # type: ignore[method-assign]


def after_the_answer(line: Line) -> None:
    line.on_answer = stop  # type: ignore[method-assign]


def before_its_commit(_line: Line) -> None:
    stored = threading.Event()
    _on_statement(ANSWER, stored.set)
    event.listen(Engine, "commit", lambda _connection: stored.is_set() and stop())


def after_its_commit(_line: Line) -> None:
    _after_commit_of(ANSWER)


STEPS: dict[str, Callable[[Line], None]] = {
    step.__name__: step
    for step in (
        before_the_claim,
        after_the_claim,
        after_the_attempt,
        during_the_call,
        after_the_answer,
        before_its_commit,
        after_its_commit,
    )
}


def stop() -> None:
    """Stop this process, once, before the calling thread takes another step."""
    if not _stopped.is_set():
        _stopped.set()
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)


def _on_statement(part: str, act: Callable[[], None]) -> None:
    def look(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if part in statement:
            act()

    event.listen(Engine, "before_cursor_execute", look)


def _after_commit_of(part: str) -> None:
    executed = threading.Event()
    _on_statement(part, executed.set)
    event.listen(Session, "after_commit", lambda _session: executed.is_set() and stop())


def _shop(step: str) -> Flask:
    config, line, session = Config.from_environ(os.environ), Line(), requests.Session()
    session.mount(config.IMP_API_URL, line)
    STEPS[step](line)
    client = IamportClient(
        base_url=config.IMP_API_URL, key=config.IMP_KEY, secret=config.IMP_SECRET, session=session
    )  # fmt: skip
    return create_app(config, client)


if __name__ == "__main__":
    app = _shop(sys.argv[1])
    app.cli.main(["renew-due", *sys.argv[2:]], obj=ScriptInfo(create_app=lambda: app))
