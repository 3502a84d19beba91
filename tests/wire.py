"""A connection without a socket, for tests of the REST client: it answers with what a test has queued."""

import json
from collections.abc import Callable
from typing import Any

import requests
from requests.adapters import BaseAdapter

TOKEN = "a" * 40

PAID = {
    "imp_uid": "imp_1",
    "merchant_uid": "order-1",
    "status": "paid",
    "amount": 49.99,
    "cancel_amount": 0,
    "currency": "USD",
    "customer_uid": "cu-1",
    "paid_at": 1_700_000_000,
    "fail_reason": None,
    "card_name": "",
}


class Wire(BaseAdapter):
    """Answers requests with what a test queued, records them, and issues tokens automatically."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[requests.PreparedRequest] = []
        self.timeouts: list[Any] = []
        self.answers: list[tuple[int, str] | Exception] = []
        self.tokens = [TOKEN]
        self.token_life = 1800
        self.refuses_tokens = False
        self.before_token: Callable[[], None] = lambda: None
        self.headers: dict[str, str] = {}
        """Headers of every queued answer."""

    def answer(self, response: Any, *, code: int = 0, message: str | None = None, status: int = 200) -> None:
        self.answers.append((status, json.dumps({"code": code, "message": message, "response": response})))

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        self.requests.append(request)
        self.timeouts.append(options["timeout"])
        if request.path_url == "/users/getToken":
            self.before_token()
        if request.path_url == "/users/getToken" and not self.refuses_tokens:
            return self._respond(request, 200, json.dumps(self._token()))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        response = self._respond(request, *answer)
        response.headers.update(self.headers)
        return response

    @property
    def token_calls(self) -> int:
        return sum(request.path_url == "/users/getToken" for request in self.requests)

    @property
    def last(self) -> requests.PreparedRequest:
        return self.requests[-1]

    def close(self) -> None:
        pass

    def _token(self) -> dict[str, Any]:
        token = self.tokens.pop(0) if len(self.tokens) > 1 else self.tokens[0]
        life = {"access_token": token, "now": 5_000, "expired_at": 5_000 + self.token_life}
        return {"code": 0, "message": None, "response": life}

    def _respond(self, request: requests.PreparedRequest, status: int, text: str) -> requests.Response:
        response = requests.Response()
        response.status_code, response._content, response.encoding = status, text.encode(), "utf-8"
        response.request, response.url = request, str(request.url)
        return response


class Stopwatch:
    """A clock in seconds that a test sets."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds
