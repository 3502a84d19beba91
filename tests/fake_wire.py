"""A connection without a socket to a `FakeIamport`, so that a test runs the real client with its breaker and tokens."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import requests
from requests.adapters import BaseAdapter

from services.iamport import Payment, Refused
from tests.fakes import FakeIamport

Failure = tuple[int, Mapping[str, str]]
"""The HTTP status of an answer that is an outage, and its headers. Status 0: no answer arrives."""


class FakeWire(BaseAdapter):
    """Answers requests from the fake service, or with `outage` while that returns a failure for the path."""

    def __init__(self, service: FakeIamport, *, seconds: Callable[[], float]) -> None:
        super().__init__()
        self.service = service
        self.outage: Callable[[str], Failure | None] = lambda path: None
        self.sent_at: list[float] = []
        """When each request was sent, in `seconds`."""
        self._seconds = seconds

    def send(self, request: requests.PreparedRequest, **_options: Any) -> requests.Response:  # type: ignore[override]
        self.sent_at.append(self._seconds())
        path = request.path_url.partition("?")[0]
        failure = self.outage(path)
        if failure is None:
            return self._answer(request, *self._ask(request, path))
        status, headers = failure
        if status == 0:
            raise requests.ConnectionError("refused")
        answer = self._answer(request, status, {"code": -1, "message": "out of order", "response": None})
        answer.headers.update(headers)
        return answer

    def close(self) -> None:
        pass

    def _ask(self, request: requests.PreparedRequest, path: str) -> tuple[int, dict[str, Any]]:
        try:
            return 200, {"code": 0, "message": None, "response": self._call(request, path)}
        except Refused as refusal:
            return refusal.status, {"code": refusal.code, "message": refusal.message, "response": None}

    def _call(self, request: requests.PreparedRequest, path: str) -> dict[str, Any]:
        fields = json.loads(request.body, parse_float=Decimal) if request.body else {}
        match path.strip("/").split("/"):
            case ["users", "getToken"]:
                return {"access_token": "token", "now": 0, "expired_at": 1800}
            case ["subscribe", "payments", "again"]:
                return on_the_wire(self.service.again(**{**fields, "amount": Decimal(fields["amount"])}))
            case ["payments", "find", merchant_uid, *status]:
                return on_the_wire(self.service.find(merchant_uid, status="".join(status)))
            case ["payments", imp_uid]:
                return on_the_wire(self.service.payment(imp_uid))
        raise AssertionError(f"the fake does not play {path}")

    def _answer(self, request: requests.PreparedRequest, status: int, envelope: dict[str, Any]) -> requests.Response:
        response = requests.Response()
        response.status_code, response._content = status, json.dumps(envelope).encode()
        response.request, response.url = request, str(request.url)
        return response


def on_the_wire(payment: Payment) -> dict[str, Any]:
    """Return the record as the service sends it."""
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in asdict(payment).items()}
