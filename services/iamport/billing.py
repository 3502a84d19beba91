"""Billing keys: issue one from a card number, charge, read, delete."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from .endpoints import Endpoints, given, segment
from .errors import NotFound, Refused
from .types import CustomerKey, Payment, PaymentPage


class Billing(Endpoints):
    """`/subscribe/payments` and `/subscribe/customers`."""

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
        path = "/subscribe/payments/again"
        return self._one(Payment.from_wire, "POST", path, body=given(fields), moves_money=True)

    def onetime(
        self,
        *,
        merchant_uid: str,
        amount: Decimal,
        name: str,
        card_number: str,
        expiry: str,
        birth: str = "",
        pwd_2digit: str = "",
        cvc: str = "",
        customer_uid: str = "",
        pg: str = "",
        channel_key: str = "",
        currency: str = "",
        buyer: Mapping[str, str] | None = None,
        notice_url: str = "",
    ) -> Payment:
        """Charge a card by its number: `POST /subscribe/payments/onetime`. With `customer_uid`, also store its key.

        `expiry` is `YYYY-MM`. `buyer` holds `buyer_name`, `buyer_email`, `buyer_tel` … A shop that handles card numbers
        needs PCI-DSS certification; a payment window does not. A decline returns a payment with `status` `failed`.

        Raises:
            Unknown: when no usable answer arrived. Money may have moved: call `find(…, status="paid")` before a retry.
        """
        fields = {
            "merchant_uid": merchant_uid,
            "amount": amount,
            "name": name,
            "card_number": card_number,
            "expiry": expiry,
            "birth": birth,
            "pwd_2digit": pwd_2digit,
            "cvc": cvc,
            "customer_uid": customer_uid,
            "pg": pg,
            "channel_key": channel_key,
            "currency": currency,
            "notice_url": notice_url,
            **(buyer or {}),
        }
        path = "/subscribe/payments/onetime"
        return self._one(Payment.from_wire, "POST", path, body=given(fields), moves_money=True)

    def customer_key(self, customer_uid: str) -> CustomerKey:
        """Return a billing key: `GET /subscribe/customers/{customer_uid}`.

        Raises:
            NotFound: when the service has no such key.
        """
        return self._customer_key("GET", customer_uid)

    def customer_keys(self, customer_uids: Sequence[str]) -> tuple[CustomerKey, ...]:
        """Return several keys: `GET /subscribe/customers?customer_uid[]=…`. Those that do not exist are missing."""
        query = {"customer_uid[]": list(customer_uids)}
        return self._all(CustomerKey.from_wire, "GET", "/subscribe/customers", query=query)

    def payments_of_key(self, customer_uid: str, *, page: int = 1) -> PaymentPage:
        """Return the payments made with a key, the newest first: `GET /subscribe/customers/{customer_uid}/payments`.

        Raises:
            NotFound: when the service has no such key.
        """
        path = f"/subscribe/customers/{segment(customer_uid)}/payments"
        return self._one(PaymentPage.from_wire, "GET", path, query={"page": str(page)})

    def delete_customer_key(self, customer_uid: str, *, reason: str = "") -> CustomerKey:
        """Delete a billing key permanently: `DELETE /subscribe/customers/{customer_uid}`.

        Revoke its schedules first (`unschedule`): a charge of a deleted key fails.

        Raises:
            NotFound: when the key is already deleted.
        """
        try:
            return self._customer_key("DELETE", customer_uid, query=given({"reason": reason}))
        except NotFound as missing:
            if missing.status == 404:
                raise
            # Code 1 also means other refusals, so check: a key that we believe deleted must not still exist.
            self.customer_key(customer_uid)
            raise Refused(missing.message, code=missing.code) from missing

    def _customer_key(self, method: str, customer_uid: str, *, query: Mapping[str, str] | None = None) -> CustomerKey:
        """Call the key's endpoint. Raise `NotFound` for 404, and for the 200 with code 1 of older versions."""
        path = f"/subscribe/customers/{segment(customer_uid)}"
        try:
            return self._one(CustomerKey.from_wire, method, path, query=query)
        except Refused as refusal:
            if (refusal.status, refusal.code) != (200, 1):
                raise
            raise NotFound(refusal.message, code=1, status=200) from refusal
