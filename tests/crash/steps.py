"""The steps of a charge and of a webhook, seen from outside: in statements, commits and calls to the service.

`open_shop` returns the shop, unchanged, in a process that acts when it reaches one of these steps: a worker of a test
stops there, a web process dies.
"""

import http.client
import os
import threading
from collections.abc import Callable
from typing import Any

import requests
from flask import Flask
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from app import create_app
from config import Config
from services.iamport import IamportClient
from services.iamport.deadline import DeadlineAdapter

CLAIM, ATTEMPT, ANSWER = "claim_token=", "INSERT INTO orders", "UPDATE invoices"
"""What the statement contains that claims a subscription, stores an attempt, and stores the answer of a charge."""
NOTICE, KEY = "INSERT INTO notices", "UPDATE billing_keys"
"""What the statement contains that stores a webhook, and that adopts the key of a window."""

Act = Callable[[], None]


class Line(DeadlineAdapter):
    """The connection to the service. It calls `on_answer` when a charge was answered, before the shop knows it."""

    is_charging = False
    on_answer: Act = staticmethod(lambda: None)

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        self.is_charging = request.url is not None and request.url.endswith("/subscribe/payments/again")
        answer = super().send(request, *args, **options)
        if self.is_charging:
            self.on_answer()
        return answer


def before_the_claim(_line: Line, act: Act) -> None:
    _on_statement(CLAIM, act)


def after_the_claim(_line: Line, act: Act) -> None:
    _after_commit_of(CLAIM, act)


def after_the_attempt(_line: Line, act: Act) -> None:
    _after_commit_of(ATTEMPT, act)


def during_the_call(line: Line, act: Act) -> None:
    """Act when the request is sent and nothing of the answer is read."""
    read = http.client.HTTPConnection.getresponse

    def getresponse(connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
        if line.is_charging:
            act()
        return read(connection)

    http.client.HTTPConnection.getresponse = getresponse  # type: ignore[method-assign]


def after_the_answer(line: Line, act: Act) -> None:
    line.on_answer = act  # type: ignore[method-assign]


def before_its_commit(_line: Line, act: Act) -> None:
    _before_commit_of(ANSWER, act)


def after_its_commit(_line: Line, act: Act) -> None:
    _after_commit_of(ANSWER, act)


def before_the_notice(_line: Line, act: Act) -> None:
    _before_commit_of(NOTICE, act)


def after_the_notice(_line: Line, act: Act) -> None:
    _after_commit_of(NOTICE, act)


def before_the_key(_line: Line, act: Act) -> None:
    _before_commit_of(KEY, act)


def after_the_key(_line: Line, act: Act) -> None:
    _after_commit_of(KEY, act)


Step = Callable[[Line, Act], None]

STEPS: dict[str, Step] = {
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
"""The steps of a charge."""
STEPS_OF_NEWS: dict[str, Step] = {
    step.__name__: step for step in (before_the_notice, after_the_notice, before_the_key, after_the_key)
}
"""The steps of a web process that receives a webhook, or a buyer who returns from a window."""


def open_shop(step: str, act: Act) -> Flask:
    """Return the shop that the environment describes. The process calls `act` whenever it reaches this step."""
    config, line, session = Config.from_environ(os.environ), Line(), requests.Session()
    session.mount(config.IMP_API_URL, line)
    (STEPS | STEPS_OF_NEWS)[step](line, act)
    client = IamportClient(
        base_url=config.IMP_API_URL,
        key=config.IMP_KEY,
        secret=config.IMP_SECRET,
        timeout=config.IMP_TIMEOUT,
        session=session,
    )
    return create_app(config, client)


def _on_statement(part: str, act: Act) -> None:
    def look(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if part in statement:
            act()

    event.listen(Engine, "before_cursor_execute", look)


def _before_commit_of(part: str, act: Act) -> None:
    executed = threading.Event()
    _on_statement(part, executed.set)
    event.listen(Engine, "commit", lambda _connection: executed.is_set() and act())


def _after_commit_of(part: str, act: Act) -> None:
    executed = threading.Event()
    _on_statement(part, executed.set)
    event.listen(Session, "after_commit", lambda _session: executed.is_set() and act())
