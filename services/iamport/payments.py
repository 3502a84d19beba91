"""Payments: read, register the amount of one, refund one."""

from collections.abc import Sequence
from decimal import Decimal

from .endpoints import Endpoints, given, segment
from .types import Payment, PaymentPage, Prepared

TEST_CHANNELS_TOO = {"include_sandbox": "true"}
"""Newer versions of the service hide payments of a test channel from reads without this parameter."""


class Payments(Endpoints):
    """`/payments`."""

    def payment(self, imp_uid: str) -> Payment:
        """Return a payment: `GET /payments/{imp_uid}`.

        Raises:
            NotFound: when the service has no such payment.
        """
        return self._one(Payment.from_wire, "GET", f"/payments/{segment(imp_uid)}", query=TEST_CHANNELS_TOO)

    def payments(self, imp_uids: Sequence[str]) -> tuple[Payment, ...]:
        """Return several payments: `GET /payments?imp_uid[]=…`. Those that the service does not have are missing."""
        query = {"imp_uid[]": list(imp_uids), **TEST_CHANNELS_TOO}
        return self._all(Payment.from_wire, "GET", "/payments", query=query)

    def find(self, merchant_uid: str, *, status: str = "") -> Payment:
        """Return the newest payment with this id and status: `GET /payments/find/{merchant_uid}[/{status}]`.

        Without a status, a newer failed attempt hides an older paid one: ask for `paid` to learn whether money moved.

        Raises:
            NotFound: when no payment matches.
        """
        path = f"/payments/find/{segment(merchant_uid)}" + (f"/{status}" if status else "")
        return self._one(Payment.from_wire, "GET", path, query=TEST_CHANNELS_TOO)

    def find_all(self, merchant_uid: str, *, status: str = "", page: int = 1) -> PaymentPage:
        """Return every payment with this id, the newest first: `GET /payments/findAll/{merchant_uid}[/{status}]`.

        Failed attempts may share one `merchant_uid`; at most one payment of it is paid.

        Raises:
            NotFound: when no payment matches.
        """
        path = f"/payments/findAll/{segment(merchant_uid)}" + (f"/{status}" if status else "")
        return self._one(PaymentPage.from_wire, "GET", path, query={"page": str(page), **TEST_CHANNELS_TOO})

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
        query_text = {name: str(value) for name, value in query.items()} | TEST_CHANNELS_TOO
        return self._one(PaymentPage.from_wire, "GET", f"/payments/status/{segment(status)}", query=query_text)

    def prepare(self, *, merchant_uid: str, amount: Decimal, currency: str) -> Prepared:
        """Register the amount before a window opens: `POST /payments/prepare`.

        Raises:
            Refused: when the amount of this `merchant_uid` is already registered.
        """
        fields = {"merchant_uid": merchant_uid, "amount": amount, "currency": currency}
        return self._one(Prepared.from_wire, "POST", "/payments/prepare", body=fields)

    def prepared(self, merchant_uid: str) -> Prepared:
        """Return the registered amount: `GET /payments/prepare/{merchant_uid}`.

        Raises:
            NotFound: when no amount is registered.
        """
        return self._one(Prepared.from_wire, "GET", f"/payments/prepare/{segment(merchant_uid)}")

    def cancel(
        self, *, amount: Decimal, checksum: Decimal, reason: str, imp_uid: str = "", merchant_uid: str = ""
    ) -> Payment:
        """Refund `amount` of a payment: `POST /payments/cancel`. Both amounts are in major units.

        Name the payment by its `imp_uid`, or by `merchant_uid`. `checksum` is the amount that we believe is left before
        the refund; the service refuses if it differs, so that no refund is made twice.

        Raises:
            Unknown: when no usable answer arrived. Read the payment's `cancels` before a retry.
        """
        payment = given({"imp_uid": imp_uid, "merchant_uid": merchant_uid})
        fields = {**payment, "amount": amount, "checksum": checksum, "reason": reason}
        return self._one(Payment.from_wire, "POST", "/payments/cancel", body=fields, moves_money=True)
