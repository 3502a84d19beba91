"""Send one request and open the envelope of its answer."""

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlencode

import requests

from .deadline import Deadline
from .errors import IamportError, NotFound, Refused, Unauthorized, Unknown
from .exchange import Exchange, Listener

T = TypeVar("T")
Query = Mapping[str, str | Sequence[str]]
"""The parameters of a query; a sequence repeats its parameter."""
CARD = frozenset({"card_number", "expiry", "birth", "pwd_2digit", "cvc"})
"""Fields of a request that a listener does not receive."""


class Transport:
    """Sends requests to `base_url` over a session. `DeadlineAdapter` makes the session keep total deadlines."""

    def __init__(self, base_url: str, session: requests.Session, listener: Listener | None = None) -> None:
        self._base_url = base_url.rstrip("/")
        self._session = session
        self._listener = listener or (lambda exchange: None)

    def url_of(self, path: str, query: Query | None = None) -> str:
        """Return the URL of a call."""
        return self._base_url + path + (f"?{urlencode(query, doseq=True)}" if query else "")

    def send(
        self,
        method: str,
        path: str,
        *,
        deadline: Deadline,
        body: Mapping[str, Any] | None = None,
        query: Query | None = None,
        token: str = "",
    ) -> Any:
        """Return the envelope's `response`. A redirect is not followed, because it would be a second request.

        Without a `token` the request asks for one, so the listener receives neither body.

        Raises:
            IamportError: as `errors` explains.
        """
        url = self.url_of(path, query)
        try:
            return self._send(method, url, deadline=deadline, body=body, token=token)
        except IamportError as err:
            err.method, err.url = method, url
            raise

    def _send(self, method: str, url: str, *, deadline: Deadline, body: Mapping[str, Any] | None, token: str) -> Any:
        text = None if body is None else json.dumps(body, default=_number)
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        send = partial(self._session.request, method, url, data=text, headers=headers, allow_redirects=False)
        path = url.removeprefix(self._base_url)
        what = f"{method} {path.partition('?')[0]}"
        if not deadline.left:
            raise _unknown(f"no time left for {what}", sent=False, timed_out=True)
        shown = json.dumps(_without_card(body), default=_number) if body is not None and token else ""
        heard = partial(Exchange, method=method, path=path, request=shown)
        try:
            answer = self._answer(send, heard, deadline, may_repeat=method == "GET", is_secret=not token)
        except requests.RequestException as err:
            timed_out = isinstance(err, requests.Timeout) or not deadline.left
            raise _unknown(f"no answer to {what}: {type(err).__name__}", timed_out=timed_out) from err
        try:
            return _opened(answer, what)
        except IamportError as err:
            err.status, err.retry_after = answer.status_code, _retry_after(answer)
            raise

    def _answer(
        self,
        send: Callable[..., requests.Response],
        heard: Callable[..., Exchange],
        deadline: Deadline,
        *,
        may_repeat: bool,
        is_secret: bool,
    ) -> requests.Response:
        """Send the request, and pass it with its answer to the listener."""
        begun = deadline.waited
        try:
            answer = _sent(send, deadline, may_repeat=may_repeat)
        except requests.RequestException as err:
            self._listener(heard(status=None, answer="", error=type(err).__name__, took=deadline.waited - begun))
            raise
        text = "" if is_secret else answer.text
        self._listener(heard(status=answer.status_code, answer=text, error="", took=deadline.waited - begun))
        return answer


def _sent(send: Callable[..., requests.Response], deadline: Deadline, *, may_repeat: bool) -> requests.Response:
    """Send the request. Repeat a lost read once: the service may have closed a kept-alive connection at that moment."""
    try:
        return send(timeout=deadline.left)
    except requests.ConnectionError as err:
        if not may_repeat or isinstance(err, requests.Timeout) or not deadline.left:
            raise
        return send(timeout=deadline.left)


def read(from_wire: Callable[[Any], T], body: Any) -> T:
    """Return the answer as a value. Raise `Unknown` if it lacks documented fields, because we cannot rely on it."""
    try:
        return from_wire(body)
    except (KeyError, TypeError, ValueError, ArithmeticError) as err:
        raise Unknown(f"the answer differs from the service's documentation: {err!r}") from err


def _opened(answer: requests.Response, what: str) -> Any:
    """Return the envelope's `response`, an object or a list. HTTP 200 alone is not success: `code` must be 0 too."""
    if answer.status_code >= 500:
        raise Unknown(f"HTTP {answer.status_code} to {what}")
    try:
        envelope = json.loads(answer.text, parse_float=Decimal)
        code, message, response = envelope["code"], envelope["message"] or "", envelope["response"]
    except (ValueError, KeyError, TypeError) as err:
        raise Unknown(f"HTTP {answer.status_code} to {what}, with a body that is not the documented envelope") from err
    if answer.status_code == 401:
        raise Unauthorized(message)
    if answer.status_code == 404:
        raise NotFound(message, code=code, status=404)
    if answer.status_code >= 400 or code != 0 or not isinstance(response, dict | list):
        raise Refused(message, code=code, status=answer.status_code)
    return response


def _retry_after(answer: requests.Response) -> float | None:
    """Return the seconds of a 429's or 503's `Retry-After`. A date is compared with the service's own clock."""
    asked = answer.headers.get("Retry-After", "") if answer.status_code in (429, 503) else ""
    if asked.isdecimal():
        return int(asked)
    try:
        wait = parsedate_to_datetime(asked) - parsedate_to_datetime(answer.headers["Date"])
    except (KeyError, ValueError, TypeError):
        return None
    return max(0.0, wait.total_seconds())


def _unknown(message: str, *, sent: bool = True, timed_out: bool = False) -> Unknown:
    err = Unknown(message)
    err.sent, err.timed_out = sent, timed_out
    return err


def _without_card(body: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: "***" if name in CARD else value for name, value in body.items()}


def _number(value: object) -> int | float:
    """Return a JSON number for a `Decimal`, which JSON lacks. A double keeps two decimals: 49.99 stays 49.99."""
    if not isinstance(value, Decimal):
        raise TypeError(f"a request cannot contain {value!r}")
    return int(value) if value == value.to_integral_value() else float(value)
