"""The client: one method per endpoint.

Documentation of every endpoint: https://developers.portone.io/api/rest-v1
"""

import copy
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import requests

from services.iamport.breaker import Breaker
from services.iamport.calls import Calls
from services.iamport.deadline import open_session
from services.iamport.errors import NotFound, Refused
from services.iamport.exchange import Listener
from services.iamport.transport import Transport, read
from services.iamport.types import CustomerKey, Payment, PaymentPage, Prepared


class IamportClient:
    """Calls the REST API. Threads may share one client.

    `timeout` is the total time in seconds for a call that moves money, from the token to the last byte of the answer.
    `read_timeout` is the total time for any other call; without it they have the same. `places` is the number of
    threads that may wait for the service at the same time. `money_breaker` watches the calls that move money,
    `breaker` all others. `monotonic` is the clock that measures tokens and deadlines. `listener` receives each request
    with its answer, e.g. for a log.
    Every method may also raise `Refused`, `Unauthorized` and `Unknown` (see `errors`).
    """

    def __init__(
        self,
        *,
        base_url: str,
        key: str,
        secret: str,
        timeout: float = 30.0,
        read_timeout: float | None = None,
        places: int = 32,
        session: requests.Session | None = None,
        breaker: Breaker | None = None,
        money_breaker: Breaker | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        listener: Listener | None = None,
    ) -> None:
        self._calls = Calls(
            Transport(base_url, session or open_session(), listener),
            credentials={"imp_key": key, "imp_secret": secret},
            timeout=timeout,
            read_timeout=min(read_timeout or timeout, timeout),
            places=places,
            breaker=breaker or Breaker("read", monotonic=monotonic),
            money_breaker=money_breaker or Breaker("charge or refund", monotonic=monotonic),
            monotonic=monotonic,
        )

    def patient(self, *, places: int) -> "IamportClient":
        """Return a client for a worker: every call has the whole `timeout`, and `places` threads may wait.

        It shares session, token and breakers with this client.
        """
        other = copy.copy(self)
        other._calls = self._calls.patient(places=places)
        return other

    @property
    def can_send(self) -> bool:
        """Whether a call that moves no money would be sent now: its breaker lets it pass, and a place is free."""
        return self._calls.can_send

    @property
    def can_charge(self) -> bool:
        """Whether a charge or refund would be sent now: their own breaker lets it pass, and a place is free."""
        return self._calls.can_charge

    @property
    def breaker_state(self) -> str:
        """`closed`, or the state of a breaker that is `open` or `probing`."""
        return self._calls.breaker_state

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

    def payments_by_status(
        self, status: str, *, since: int, until: int, page: int = 1, limit: int = 1000
    ) -> PaymentPage:
        """Return payments by status, the first started first: `GET /payments/status/{status}`.

        The service lists a payment under its current status only, by the time at which it reached that status: from
        `since` to `until` (unix seconds, both included, at most 90 days apart). `limit` is at most 1000.

        Raises:
            Refused: when no page has this number.
        """
        query = {"from": since, "to": until, "page": page, "limit": limit, "sorting": "started"}
        query_text = {name: str(value) for name, value in query.items()} | {"include_sandbox": "true"}
        return read(
            PaymentPage.from_wire, self._calls.call("GET", f"/payments/status/{_path(status)}", query=query_text)
        )

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
        answer = self._calls.call("POST", "/subscribe/payments/again", body=_given(fields), moves_money=True)
        return read(Payment.from_wire, answer)

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
        return read(Prepared.from_wire, self._calls.call("POST", "/payments/prepare", body=fields))

    def prepared(self, merchant_uid: str) -> Prepared:
        """Return the registered amount: `GET /payments/prepare/{merchant_uid}`.

        Raises:
            NotFound: when no amount is registered.
        """
        return read(Prepared.from_wire, self._calls.call("GET", f"/payments/prepare/{_path(merchant_uid)}"))

    def cancel(self, *, imp_uid: str, amount: Decimal, checksum: Decimal, reason: str) -> Payment:
        """Refund `amount` of a payment: `POST /payments/cancel`. Both amounts are in major units.

        `checksum` is the amount that we believe is left before the refund; the service refuses if it differs.
        """
        fields = {"imp_uid": imp_uid, "amount": amount, "checksum": checksum, "reason": reason}
        return read(Payment.from_wire, self._calls.call("POST", "/payments/cancel", body=fields, moves_money=True))

    def ping(self) -> None:
        """Request a new token, to check the service and the credentials.

        Raises:
            IamportError: when the service does not answer or rejects the credentials.
        """
        self._calls.ping()

    def _payment(self, path: str) -> Payment:
        """Return a payment, also of a test channel: newer versions of the service hide those by default."""
        return read(Payment.from_wire, self._calls.call("GET", path, query={"include_sandbox": "true"}))

    def _customer_key(self, method: str, customer_uid: str, *, query: Mapping[str, str] | None = None) -> CustomerKey:
        """Call the key's endpoint. Raise `NotFound` for 404, and for the 200 with code 1 of older versions."""
        path = f"/subscribe/customers/{_path(customer_uid)}"
        try:
            return read(CustomerKey.from_wire, self._calls.call(method, path, query=query))
        except Refused as refusal:
            if (refusal.status, refusal.code) != (200, 1):
                raise
            raise NotFound(refusal.message, code=1, status=200) from refusal


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value != ""}


def _path(value: str) -> str:
    """Return the id as one segment of a path. Raise `NotFound` for dots alone: they would lead to another address."""
    if value.strip(".") == "":
        raise NotFound(f"{value!r} is not a valid id", status=404)
    return quote(value, safe="")
