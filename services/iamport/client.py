"""The client, in three floors: send one request, be authenticated, one method per endpoint.

Documentation of every endpoint: https://developers.portone.io/api/rest-v1
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote

import requests

from services.iamport.errors import NotFound, Refused, Unauthorized, Unknown
from services.iamport.types import CustomerKey, Payment, Prepared, Token

T = TypeVar("T")

log = logging.getLogger(__name__)

RENEW_EARLY = 60
"""Seconds. Under a minute before its end the service prolongs a token, so asking then never costs a new one."""


class IamportClient:
    """Safe to share between threads. `monotonic` is the clock that a token's age and a call are measured on."""

    def __init__(
        self,
        *,
        base_url: str,
        key: str,
        secret: str,
        timeout: float = 30.0,
        session: requests.Session | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._credentials = {"imp_key": key, "imp_secret": secret}
        self._timeout = timeout
        self._session = session or requests.Session()
        self._monotonic = monotonic
        self._token = ""
        self._token_until = 0.0
        self._lock = threading.Lock()

    # One method per endpoint ------------------------------------------------------------------------------

    def payment(self, imp_uid: str) -> Payment:
        """`GET /payments/{imp_uid}`. Raises `NotFound`."""
        return self._payment(f"/payments/{_path(imp_uid)}")

    def find(self, merchant_uid: str, *, status: str = "") -> Payment:
        """`GET /payments/find/{merchant_uid}[/{status}]`, the newest match. Raises `NotFound`.

        Without a status a newer failed attempt hides an older paid one: ask for `paid` to learn whether money moved.
        """
        path = f"/payments/find/{_path(merchant_uid)}" + (f"/{status}" if status else "")
        return self._payment(path)

    def again(
        self,
        *,
        customer_uid: str,
        merchant_uid: str,
        amount: Decimal,
        name: str,
        currency: str = "",
        buyer_name: str = "",
        buyer_email: str = "",
        buyer_tel: str = "",
        browser_ip: str = "",
        notice_url: str = "",
    ) -> Payment:
        """`POST /subscribe/payments/again`: charge a stored key. A decline *returns*, with `status` `failed`.

        After `Unknown` the money may have moved: read `find(merchant_uid, status="paid")` before another try.
        """
        fields = {
            "customer_uid": customer_uid,
            "merchant_uid": merchant_uid,
            "amount": amount,
            "name": name,
            "currency": currency,
            "buyer_name": buyer_name,
            "buyer_email": buyer_email,
            "buyer_tel": buyer_tel,
            "browser_ip": browser_ip,
            "notice_url": notice_url,
        }
        return _read(Payment.from_wire, self._call("POST", "/subscribe/payments/again", body=_given(fields)))

    def customer_key(self, customer_uid: str) -> CustomerKey:
        """`GET /subscribe/customers/{customer_uid}`. Raises `NotFound`."""
        return self._customer_key("GET", customer_uid)

    def delete_customer_key(self, customer_uid: str, *, reason: str = "") -> CustomerKey:
        """`DELETE /subscribe/customers/{customer_uid}`: final. Raises `NotFound` where it is gone already."""
        try:
            return self._customer_key("DELETE", customer_uid, query=_given({"reason": reason}))
        except NotFound as missing:
            if missing.status == 404:
                raise
            # Code 1 stands for other refusals too, and a key believed gone would live on: look.
            self.customer_key(customer_uid)
            raise Refused(missing.message, code=missing.code) from missing

    def prepare(self, *, merchant_uid: str, amount: Decimal, currency: str) -> Prepared:
        """`POST /payments/prepare`: register the amount before a window opens. Raises `Refused` on a second call."""
        fields = {"merchant_uid": merchant_uid, "amount": amount, "currency": currency}
        return _read(Prepared.from_wire, self._call("POST", "/payments/prepare", body=fields))

    def prepared(self, merchant_uid: str) -> Prepared:
        """`GET /payments/prepare/{merchant_uid}`. Raises `NotFound`."""
        return _read(Prepared.from_wire, self._call("GET", f"/payments/prepare/{_path(merchant_uid)}"))

    def cancel(self, *, imp_uid: str, amount: Decimal, checksum: Decimal, reason: str) -> Payment:
        """`POST /payments/cancel`: give `amount` back. `checksum` is what we believe is left before it."""
        fields = {"imp_uid": imp_uid, "amount": amount, "checksum": checksum, "reason": reason}
        return _read(Payment.from_wire, self._call("POST", "/payments/cancel", body=fields))

    def ping(self) -> None:
        """Raises an `IamportError` where the service or the credentials are no good."""
        self._fresh_token()

    def _payment(self, path: str) -> Payment:
        """Newer versions hide payments of test channels unless they are asked for."""
        return _read(Payment.from_wire, self._call("GET", path, query={"include_sandbox": "true"}))

    def _customer_key(self, method: str, customer_uid: str, *, query: Mapping[str, str] | None = None) -> CustomerKey:
        """An unknown key is answered with 404, and by older versions with 200 and code 1: the same fact."""
        path = f"/subscribe/customers/{_path(customer_uid)}"
        try:
            return _read(CustomerKey.from_wire, self._call(method, path, query=query))
        except Refused as refusal:
            if (refusal.status, refusal.code) != (200, 1):
                raise
            raise NotFound(refusal.message, code=1, status=200) from refusal

    # Be authenticated -------------------------------------------------------------------------------------

    def _call(
        self, method: str, path: str, *, body: Mapping[str, Any] | None = None, query: Mapping[str, str] | None = None
    ) -> Mapping[str, Any]:
        """The envelope's `response`. Where it got lost, the error says how long that took."""
        started_at = self._monotonic()
        try:
            return self._authenticated(method, path, body=body, query=query)
        except Unknown as err:
            log.warning("%s", err)
            err.waited = timedelta(seconds=self._monotonic() - started_at)
            raise

    def _authenticated(
        self, method: str, path: str, *, body: Mapping[str, Any] | None, query: Mapping[str, str] | None
    ) -> Mapping[str, Any]:
        """A 401 did nothing, so it alone is repeated, once, with a fresh token."""
        token = self._access_token()
        try:
            return self._send(method, path, body=body, query=query, token=token)
        except Unauthorized:
            self._forget(token)
            return self._send(method, path, body=body, query=query, token=self._access_token())

    def _access_token(self) -> str:
        with self._lock:
            if self._monotonic() >= self._token_until:
                asked_at = self._monotonic()
                token = self._fresh_token()
                self._token, self._token_until = token.access_token, asked_at + token.life - RENEW_EARLY
            return self._token

    def _fresh_token(self) -> Token:
        return _read(Token.from_wire, self._send("POST", "/users/getToken", body=self._credentials))

    def _forget(self, token: str) -> None:
        with self._lock:
            if token == self._token:
                self._token_until = 0.0

    # Send one request -------------------------------------------------------------------------------------

    def _send(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        token: str = "",
    ) -> Mapping[str, Any]:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        send = partial(
            self._session.request,
            method,
            self._base_url + path,
            params=query,
            data=None if body is None else json.dumps(body, default=_number),
            headers=headers,
            timeout=self._timeout,
        )
        try:
            try:
                answer = send()
            except requests.ConnectionError as err:
                if method != "GET" or isinstance(err, requests.Timeout):
                    raise
                # The other end may have closed a kept connection at this very moment; reading twice does no harm.
                answer = send()
        except requests.RequestException as err:
            raise Unknown(f"no answer to {method} {path}: {type(err).__name__}") from err
        return _opened(answer, f"{method} {path}")


def _opened(answer: requests.Response, what: str) -> Mapping[str, Any]:
    """The `response` in the envelope; HTTP 200 alone is no success, `code` must be 0 as well."""
    if answer.status_code >= 500:
        raise Unknown(f"HTTP {answer.status_code} to {what}")
    try:
        envelope = json.loads(answer.text, parse_float=Decimal)
        code, message, response = envelope["code"], envelope["message"] or "", envelope["response"]
    except (ValueError, KeyError, TypeError) as err:
        raise Unknown(f"HTTP {answer.status_code} to {what}, without the envelope") from err
    if answer.status_code == 401:
        raise Unauthorized(message)
    if answer.status_code == 404:
        raise NotFound(message, code=code, status=404)
    if answer.status_code >= 400 or code != 0 or not isinstance(response, dict):
        raise Refused(message, code=code, status=answer.status_code)
    return response


def _read(from_wire: Callable[[Mapping[str, Any]], T], body: Mapping[str, Any]) -> T:
    """An answer that lacks what the service documents tells us nothing we could rely on."""
    try:
        return from_wire(body)
    except (KeyError, TypeError, ValueError, ArithmeticError) as err:
        raise Unknown(f"an answer we cannot read: {err!r}") from err


def _number(value: object) -> int | float:
    """JSON has no Decimal. 49.99 leaves as 49.99: two decimals survive the trip through a double."""
    if not isinstance(value, Decimal):
        raise TypeError(f"{value!r} has no place in a request")
    return int(value) if value == value.to_integral_value() else float(value)


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value != ""}


def _path(value: str) -> str:
    """One segment of a path. A dot alone would name another address, and is nobody's id."""
    if value.strip(".") == "":
        raise NotFound(f"{value!r} is no id", status=404)
    return quote(value, safe="")
