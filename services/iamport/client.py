"""The client in three layers: one method per endpoint, authenticate, send one request.

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
"""Seconds before a token's end at which we renew it. In the last minute the service extends it, never replaces it."""


class IamportClient:
    """Calls the REST API. Threads may share one client.

    `timeout` is in seconds. `monotonic` is the clock that measures a token's age and a call's duration.
    Every method may also raise `Refused`, `Unauthorized` and `Unknown` (see `errors`).
    """

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
        """Return a payment: `GET /payments/{imp_uid}`.

        Raises:
            NotFound: when the service has no such payment.
        """
        return self._payment(f"/payments/{_path(imp_uid)}")

    def find(self, merchant_uid: str, *, status: str = "") -> Payment:
        """Return the newest payment with this id and status: `GET /payments/find/{merchant_uid}[/{status}]`.

        Without a status, a newer failed attempt hides an older paid one: ask for `paid` to learn whether money moved.

        Raises:
            NotFound: when no payment matches.
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
        """Charge a stored key: `POST /subscribe/payments/again`. A decline *returns* a payment with `status` `failed`.

        Raises:
            Unknown: when no usable answer arrived. Money may have moved: call `find(…, status="paid")` before a retry.
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
        """Return a billing key: `GET /subscribe/customers/{customer_uid}`.

        Raises:
            NotFound: when the service has no such key.
        """
        return self._customer_key("GET", customer_uid)

    def delete_customer_key(self, customer_uid: str, *, reason: str = "") -> CustomerKey:
        """Delete a billing key permanently: `DELETE /subscribe/customers/{customer_uid}`.

        Raises:
            NotFound: when the key is already deleted.
        """
        try:
            return self._customer_key("DELETE", customer_uid, query=_given({"reason": reason}))
        except NotFound as missing:
            if missing.status == 404:
                raise
            # Code 1 also means other refusals, so check: a key that we believe deleted must not still exist.
            self.customer_key(customer_uid)
            raise Refused(missing.message, code=missing.code) from missing

    def prepare(self, *, merchant_uid: str, amount: Decimal, currency: str) -> Prepared:
        """Register the amount before a window opens: `POST /payments/prepare`.

        Raises:
            Refused: when the amount of this `merchant_uid` is already registered.
        """
        fields = {"merchant_uid": merchant_uid, "amount": amount, "currency": currency}
        return _read(Prepared.from_wire, self._call("POST", "/payments/prepare", body=fields))

    def prepared(self, merchant_uid: str) -> Prepared:
        """Return the registered amount: `GET /payments/prepare/{merchant_uid}`.

        Raises:
            NotFound: when no amount is registered.
        """
        return _read(Prepared.from_wire, self._call("GET", f"/payments/prepare/{_path(merchant_uid)}"))

    def cancel(self, *, imp_uid: str, amount: Decimal, checksum: Decimal, reason: str) -> Payment:
        """Refund `amount` of a payment: `POST /payments/cancel`. Both amounts are in major units.

        `checksum` is the amount that we believe is left before the refund; the service refuses if it differs.
        """
        fields = {"imp_uid": imp_uid, "amount": amount, "checksum": checksum, "reason": reason}
        return _read(Payment.from_wire, self._call("POST", "/payments/cancel", body=fields))

    def ping(self) -> None:
        """Request a new token, to check the service and the credentials.

        Raises:
            IamportError: when the service does not answer or rejects the credentials.
        """
        self._fresh_token()

    def _payment(self, path: str) -> Payment:
        """Return a payment, also of a test channel: newer versions of the service hide those by default."""
        return _read(Payment.from_wire, self._call("GET", path, query={"include_sandbox": "true"}))

    def _customer_key(self, method: str, customer_uid: str, *, query: Mapping[str, str] | None = None) -> CustomerKey:
        """Call the key's endpoint. Raise `NotFound` for 404, and for the 200 with code 1 of older versions."""
        path = f"/subscribe/customers/{_path(customer_uid)}"
        try:
            return _read(CustomerKey.from_wire, self._call(method, path, query=query))
        except Refused as refusal:
            if (refusal.status, refusal.code) != (200, 1):
                raise
            raise NotFound(refusal.message, code=1, status=200) from refusal

    # Authenticate -----------------------------------------------------------------------------------------

    def _call(
        self, method: str, path: str, *, body: Mapping[str, Any] | None = None, query: Mapping[str, str] | None = None
    ) -> Mapping[str, Any]:
        """Return the envelope's `response`. If no answer arrives, record in the error how long we waited."""
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
        """Send with the token. Only a 401 is repeated, once and with a new token: the service did nothing for it."""
        token = self._access_token()
        try:
            return self._send(method, path, body=body, query=query, token=token)
        except Unauthorized:
            self._forget(token)
            return self._send(method, path, body=body, query=query, token=self._access_token())

    def _access_token(self) -> str:
        with self._lock:
            if self._monotonic() >= self._token_until:
                requested_at = self._monotonic()
                token = self._fresh_token()
                self._token, self._token_until = token.access_token, requested_at + token.life - RENEW_EARLY
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
                # The service may have closed a kept-alive connection at this moment; reading twice is harmless.
                answer = send()
        except requests.RequestException as err:
            raise Unknown(f"no answer to {method} {path}: {type(err).__name__}") from err
        return _opened(answer, f"{method} {path}")


def _opened(answer: requests.Response, what: str) -> Mapping[str, Any]:
    """Return the envelope's `response`. HTTP 200 alone is not success: `code` must be 0 too."""
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
    if answer.status_code >= 400 or code != 0 or not isinstance(response, dict):
        raise Refused(message, code=code, status=answer.status_code)
    return response


def _read(from_wire: Callable[[Mapping[str, Any]], T], body: Mapping[str, Any]) -> T:
    """Return the answer as a value. Raise `Unknown` if it lacks documented fields, because we cannot rely on it."""
    try:
        return from_wire(body)
    except (KeyError, TypeError, ValueError, ArithmeticError) as err:
        raise Unknown(f"the answer differs from the service's documentation: {err!r}") from err


def _number(value: object) -> int | float:
    """Return a JSON number for a `Decimal`, which JSON lacks. A double keeps two decimals: 49.99 stays 49.99."""
    if not isinstance(value, Decimal):
        raise TypeError(f"a request cannot contain {value!r}")
    return int(value) if value == value.to_integral_value() else float(value)


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value != ""}


def _path(value: str) -> str:
    """Return the id as one segment of a path. Raise `NotFound` for dots alone: they would lead to another address."""
    if value.strip(".") == "":
        raise NotFound(f"{value!r} is not a valid id", status=404)
    return quote(value, safe="")
