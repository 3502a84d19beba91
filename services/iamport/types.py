"""The service's answers as frozen values: amounts are `Decimal` in major units, times are unix seconds (0: not yet).

The service sends unset text as null or as an empty string; both become None.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """The token that authenticates a call. Source: schema `AuthAnnotation` of the V1 API."""

    access_token: str
    life: int
    """Seconds that the token stays valid, by the service's own clock, because ours may be wrong."""

    @classmethod
    def from_wire(cls, body: Mapping[str, Any]) -> "Token":
        """Return the token in the envelope's `response`.

        Raises:
            KeyError: when a documented field is missing.
            TypeError: when a field has another type than documented.
        """
        if not isinstance(body["access_token"], str):
            raise TypeError("access_token is not a string")
        return cls(access_token=body["access_token"], life=body["expired_at"] - body["now"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """One refund of a payment, in full or in part. Source: schema `PaymentCancelAnnotation` of the V1 API."""

    amount: Decimal
    cancelled_at: int

    @classmethod
    def from_wire(cls, body: Mapping[str, Any]) -> "Cancel":
        """Return the entry of a payment's `cancel_history`.

        Raises:
            TypeError, ValueError, ArithmeticError: when the amount is not a number.
        """
        return cls(amount=Decimal(body.get("amount") or 0), cancelled_at=body.get("cancelled_at") or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One payment record of the service. Source: schema `PaymentAnnotation` of the V1 API."""

    imp_uid: str
    merchant_uid: str
    status: str
    """`ready`, `paid`, `failed` or `cancelled`. A partial cancel also sets `cancelled`."""
    amount: Decimal
    cancel_amount: Decimal
    currency: str
    customer_uid: str | None = None
    customer_uid_usage: str | None = None
    """`issue`: a key was issued. `payment`: a key was charged. `payment.scheduled`: a schedule charged the key."""
    channel: str | None = None
    """`pc` or `mobile` for a payment window, `api` for a server's request."""
    paid_at: int = 0
    failed_at: int = 0
    cancelled_at: int = 0
    """When the newest cancel happened. `cancels` has every one."""
    cancels: tuple[Cancel, ...] = ()
    fail_reason: str | None = None
    card_name: str | None = None
    card_number: str | None = None
    """Masked by the service."""
    bank_name: str | None = None
    receipt_url: str | None = None
    pg_provider: str | None = None
    pg_id: str | None = None
    """The merchant's account at the PG (MID)."""
    pg_tid: str | None = None
    is_test: bool = False
    """Whether the payment used a test channel, where no money moves."""

    @property
    def amount_left(self) -> Decimal:
        """The amount paid and not refunded, in major units."""
        return self.amount - self.cancel_amount

    @property
    def came_by_window(self) -> bool:
        """Whether a browser's payment window created the payment, and not a server."""
        return self.customer_uid_usage == "issue" or self.channel in ("pc", "mobile")

    @classmethod
    def from_wire(cls, body: Mapping[str, Any]) -> "Payment":
        """Return the payment in the envelope's `response`.

        Raises:
            KeyError: when `imp_uid`, `merchant_uid`, `status` or `amount` is missing.
            TypeError, ValueError, ArithmeticError: when an amount is not a number.
        """
        return cls(
            imp_uid=body["imp_uid"],
            merchant_uid=body["merchant_uid"],
            status=body["status"],
            amount=Decimal(body["amount"]),
            cancel_amount=Decimal(body.get("cancel_amount") or 0),
            currency=body.get("currency") or "KRW",
            customer_uid=body.get("customer_uid") or None,
            customer_uid_usage=body.get("customer_uid_usage") or None,
            channel=body.get("channel") or None,
            paid_at=body.get("paid_at") or 0,
            failed_at=body.get("failed_at") or 0,
            cancelled_at=body.get("cancelled_at") or 0,
            cancels=tuple(map(Cancel.from_wire, body.get("cancel_history") or ())),
            fail_reason=body.get("fail_reason") or None,
            card_name=body.get("card_name") or None,
            card_number=body.get("card_number") or None,
            bank_name=body.get("bank_name") or None,
            receipt_url=body.get("receipt_url") or None,
            pg_provider=body.get("pg_provider") or None,
            pg_id=body.get("pg_id") or None,
            pg_tid=body.get("pg_tid") or None,
            is_test=body.get("sandbox") is True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentPage:
    """One page of a list of payments. Source: schema `PagedPaymentAnnotation` of the V1 API."""

    total: int
    """How many payments all pages hold together."""
    next_page: int
    """Number of the page that follows, or 0."""
    payments: tuple[Payment, ...]

    @classmethod
    def from_wire(cls, body: Mapping[str, Any]) -> "PaymentPage":
        """Return the page in the envelope's `response`.

        Raises:
            KeyError: when `total`, `list`, or a documented field of a payment is missing.
            TypeError, ValueError, ArithmeticError: when a field has another type than documented.
        """
        payments = tuple(map(Payment.from_wire, body["list"]))
        return cls(total=int(body["total"]), next_page=int(body.get("next") or 0), payments=payments)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerKey:
    """A billing key, by its handle. Source: schema `CustomerAnnotation` of the V1 API."""

    customer_uid: str
    pg_provider: str
    pg_id: str
    card_name: str | None
    card_number: str | None
    customer_email: str | None

    @classmethod
    def from_wire(cls, body: Mapping[str, Any]) -> "CustomerKey":
        """Return the key in the envelope's `response`.

        Raises:
            KeyError: when `customer_uid` is missing.
        """
        return cls(
            customer_uid=body["customer_uid"],
            pg_provider=body.get("pg_provider") or "",
            pg_id=body.get("pg_id") or "",
            card_name=body.get("card_name") or None,
            card_number=body.get("card_number") or None,
            customer_email=body.get("customer_email") or None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An amount registered before the window opens. The service refuses a window with another amount."""

    merchant_uid: str
    amount: Decimal

    @classmethod
    def from_wire(cls, body: Mapping[str, Any]) -> "Prepared":
        """Return the registration in the envelope's `response`.

        Raises:
            KeyError: when `merchant_uid` or `amount` is missing.
            TypeError, ValueError, ArithmeticError: when the amount is not a number.
        """
        return cls(merchant_uid=body["merchant_uid"], amount=Decimal(body["amount"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledCharge:
    """A charge to schedule. Source: schema `ScheduleAnnotation` of the V1 API."""

    merchant_uid: str
    schedule_at: int
    """When the service makes it, in unix seconds; it may be a few seconds late."""
    amount: Decimal
    name: str
    currency: str = "KRW"
    buyer_name: str = ""
    buyer_email: str = ""
    buyer_tel: str = ""
    notice_url: str = ""

    def to_wire(self) -> dict[str, Any]:
        """Return the entry of a request, without the fields that are empty."""
        return {name: value for name, value in asdict(self).items() if value != ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A charge that the service makes, or made, at a time. Source: schema `ScheduleResultAnnotation` of the V1 API."""

    customer_uid: str
    merchant_uid: str
    status: str
    """`scheduled`, `executed` or `revoked`."""
    schedule_at: int
    amount: Decimal
    imp_uid: str | None = None
    """The payment, once it is executed."""
    executed_at: int = 0
    revoked_at: int = 0
    payment_status: str | None = None
    """`paid`, `failed` or `cancelled`, once it is executed."""
    fail_reason: str | None = None

    @classmethod
    def from_wire(cls, body: Mapping[str, Any]) -> "Schedule":
        """Return the schedule in the envelope's `response`.

        Raises:
            KeyError: when a documented field is missing.
            TypeError, ValueError, ArithmeticError: when the amount is not a number.
        """
        return cls(
            customer_uid=body["customer_uid"],
            merchant_uid=body["merchant_uid"],
            status=body["schedule_status"],
            schedule_at=body["schedule_at"],
            amount=Decimal(body["amount"]),
            imp_uid=body.get("imp_uid") or None,
            executed_at=body.get("executed_at") or 0,
            revoked_at=body.get("revoked_at") or 0,
            payment_status=body.get("payment_status") or None,
            fail_reason=body.get("fail_reason") or None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulePage:
    """One page of a list of schedules."""

    total: int
    """How many schedules all pages hold together."""
    next_page: int
    """Number of the page that follows, or 0."""
    schedules: tuple[Schedule, ...]

    @classmethod
    def from_wire(cls, body: Mapping[str, Any]) -> "SchedulePage":
        """Return the page in the envelope's `response`.

        Raises:
            KeyError: when `total`, `list`, or a documented field of a schedule is missing.
            TypeError, ValueError, ArithmeticError: when a field has another type than documented.
        """
        schedules = tuple(map(Schedule.from_wire, body["list"]))
        return cls(total=int(body["total"]), next_page=int(body.get("next") or 0), schedules=schedules)
