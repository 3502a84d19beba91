"""A payment service in memory, with the same methods as `IamportClient`.

The contract tests run one suite over this fake, and over the client with the sandbox, so that both behave alike.
"""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from services.iamport import (
    Busy,
    Cancel,
    CircuitOpen,
    CustomerKey,
    NotFound,
    Payment,
    PaymentPage,
    Prepared,
    Refused,
    Unknown,
)

UNKNOWN_KEY = "등록되지 않은 구매자입니다."
DUPLICATE = "이미 주문이 이루어진 건입니다. (동일한 merchant_uid로 결제 또는 취소된 기록이 있습니다)"
NO_PAYMENT = "존재하지 않는 결제정보입니다."
NOT_ENOUGH = "잔액이 부족합니다."
PREPARED_BEFORE = "결제정보 사전등록에 실패하였습니다(이미 등록된 merchant_uid입니다)."
CANCELLED_BEFORE = "이미 전액취소된 주문입니다."
NOTHING_TO_CANCEL = "취소할 결제건이 존재하지 않습니다."
LONGEST_SEARCH = 90 * 86_400
TOO_MUCH = "결제취소에 실패하였습니다.(requested cancel amount is bigger than cancelable amount)"


class MachineClock:
    """A machine clock that stands still until a test moves it. `desk.machine_now` in tests on SQLite.

    On PostgreSQL claims and pauses follow the database's clock.
    """

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 31, 3, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def move_to(self, at: datetime) -> None:
        """Move the clock forward to `at`. It never goes back."""
        self.at = max(self.at, at)


class FakeIamport:
    """A payment service whose behaviour a test sets by attributes. It serves one thread at a time.

    `calls`          the names of all calls so far
    `charges`        the fields of each `/again` so far
    `silent`         answer no call
    `silent_call`    do not answer this one call
    `while_silent`   called during a call without an answer, where time passes
    `busy`           send no call: all places at the bulkhead are taken
    `moves_no_money` send no charge and no cancel: their own breaker is open
    `raises`         the error to raise, by the call's name
    `lose_answer`    perform the next charge or cancel, and lose its answer
    `cancels_later`  accept a cancel, and perform it only in `confirm_cancels`
    `pending`        leave charges undecided until `decide`
    `before_charge`  called inside `again` before the charge, where a second caller would interfere
    `after_charge`   called inside `again` after the money moved
    `test_channels`  channels (`pg` as a window names them) whose records are marked as tests
    `time`           unix seconds: when payments are approved, declined or cancelled. With 0, records carry no times
    `names_usage`    whether a record says what its key was used for (`customer_uid_usage`)
    """

    def __init__(self) -> None:
        self.payments: list[Payment] = []
        self.keys: dict[str, str] = {}
        self.channels: dict[str, str] = {}
        self.test_channels: set[str] = set()
        self.amounts: dict[str, Decimal] = {}
        self.calls: list[str] = []
        self.charges: list[dict[str, Any]] = []
        self.silent = False
        self.failures = 0
        self.silent_call = ""
        self.busy = False
        self.moves_no_money = False
        self.breaker_state = "closed"
        self.while_silent: Callable[[], None] = lambda: None
        self.raises: dict[str, Exception] = {}
        self.lose_answer = False
        self.pending = False
        self.time = 0
        self.names_usage = True
        self.cancels_later = False
        self.before_charge: Callable[[], None] = lambda: None
        self.after_charge: Callable[[Payment], None] = lambda payment: None
        self._taken: list[tuple[Payment, Decimal]] = []
        self._numbers = count(1)
        self._lock = threading.RLock()

    # What a buyer does in the window ---------------------------------------------------------------------

    def pay(self, request: dict[str, Any], *, card: str = "approved", **forged: Any) -> str:
        """Finish the window and return the `imp_uid`.

        `card` is `approved`, `declined`, `no_money_later` or `no_money_at_renewal`. `forged` replaces fields of the
        request, as the user of a browser can.
        """
        fields = {**request, **forged}
        usage = "issue" if card != "declined" else None
        payment = self._new(fields, status="paid" if usage else "failed", usage=usage)
        if usage:
            self.keys[fields["customer_uid"]] = card
        return payment.imp_uid

    def close(self, request: dict[str, Any]) -> str:
        """Close the window without paying, and return the `imp_uid`."""
        return self._new(request, status="ready", usage=None).imp_uid

    def approve_late(self, imp_uid: str) -> None:
        """Approve a payment that failed, without a webhook, as a PG may do."""
        self.payments = [self._approved(p) if p.imp_uid == imp_uid else p for p in self.payments]

    def decide(self) -> None:
        """Approve the pending charges."""
        self.payments = [self._approved(p) if p.status == "ready" else p for p in self.payments]

    def cancel_in_console(self, imp_uid: str, amount: Decimal | None = None) -> None:
        """Refund `amount`, or all of it, as the merchant's staff do in the service's console."""
        payment = self.payment(imp_uid)
        self.payments[self.payments.index(payment)] = self._cancelled(payment, amount or payment.amount_left)

    def confirm_cancels(self) -> None:
        """Perform every accepted cancel."""
        while self._taken:
            self._cancel(*self._taken.pop())

    # What the shop calls ---------------------------------------------------------------------------------

    def payment(self, imp_uid: str) -> Payment:
        self._answer("payment")
        return self._find(lambda payment: payment.imp_uid == imp_uid)

    def find(self, merchant_uid: str, *, status: str = "") -> Payment:
        self._answer("find")
        return self._find(lambda payment: payment.merchant_uid == merchant_uid and status in ("", payment.status))

    def payments_by_status(
        self, status: str, *, since: int, until: int, page: int = 1, limit: int = 1000
    ) -> PaymentPage:
        self._answer("payments_by_status")
        if not 0 <= until - since <= LONGEST_SEARCH:
            raise Refused("from, to 파라메터는 최대 90일의 기간이어야 합니다.", status=400)
        found = [p for p in self.payments if p.status == status and since <= getattr(p, f"{status}_at") <= until]
        start, end, total = (page - 1) * limit, page * limit, len(found)
        if page > 1 and start >= total:
            raise Refused("page 파라메터가 데이터 범위를 넘었습니다.", status=400)
        listed = tuple(sorted(found, key=lambda p: p.imp_uid)[start:end])
        return PaymentPage(total=total, next_page=page + 1 if end < total else 0, payments=listed)

    def again(self, *, customer_uid: str, merchant_uid: str, amount: Decimal, **fields: str) -> Payment:
        self._answer("again")
        self.before_charge()
        self.charges.append({"customer_uid": customer_uid, "merchant_uid": merchant_uid, "amount": amount, **fields})
        if amount <= 0:
            raise Refused("amount", code=-1, status=400)
        with self._lock:
            if customer_uid not in self.keys:
                raise Refused(UNKNOWN_KEY, code=1)
            if any(p.merchant_uid == merchant_uid and p.status in ("paid", "cancelled") for p in self.payments):
                raise Refused(DUPLICATE, code=1)
            approved = self._has_money(customer_uid)
            known = {"customer_uid": customer_uid, "merchant_uid": merchant_uid, "amount": amount, **fields}
            status = "ready" if self.pending else "paid" if approved else "failed"
            payment = self._new(known, status=status, usage="payment")
            self.after_charge(payment)
            if self.lose_answer:
                self.lose_answer = False
                self.failures += 1
                raise Unknown("no answer to POST /subscribe/payments/again: ReadTimeout")
            return payment

    def customer_key(self, customer_uid: str) -> CustomerKey:
        self._answer("customer_key")
        if customer_uid not in self.keys:
            unknown = f"요청하신 customer_uid({customer_uid})로 등록된 정보를 찾을 수 없습니다."
            raise NotFound(unknown, code=1, status=404)
        return CustomerKey(
            customer_uid=customer_uid,
            pg_provider="html5_inicis",
            pg_id="INIBillTst",
            card_name="국민카드",
            card_number="4242-42**-****-4242",
            customer_email=None,
        )

    def delete_customer_key(self, customer_uid: str, *, reason: str = "") -> CustomerKey:
        self._answer("delete_customer_key")
        with self._lock:
            key = self.customer_key(customer_uid)
            del self.keys[customer_uid]
            return key

    def prepare(self, *, merchant_uid: str, amount: Decimal, currency: str) -> Prepared:
        self._answer("prepare")
        with self._lock:
            if merchant_uid in self.amounts:
                raise Refused(PREPARED_BEFORE, code=1)
            self.amounts[merchant_uid] = amount
        return Prepared(merchant_uid=merchant_uid, amount=amount)

    def prepared(self, merchant_uid: str) -> Prepared:
        self._answer("prepared")
        if merchant_uid not in self.amounts:
            raise NotFound("등록된 결제정보가 없습니다.", status=404)
        return Prepared(merchant_uid=merchant_uid, amount=self.amounts[merchant_uid])

    def cancel(self, *, imp_uid: str, amount: Decimal, checksum: Decimal, reason: str) -> Payment:
        self._answer("cancel")
        with self._lock:
            payment = next((p for p in self.payments if p.imp_uid == imp_uid), None)
            if payment is None or payment.status not in ("paid", "cancelled"):
                raise Refused(NOTHING_TO_CANCEL, code=1)
            if payment.amount_left <= 0:
                raise Refused(CANCELLED_BEFORE, code=1)
            if payment.amount_left != checksum:
                raise Refused("checksum", code=1)
            if payment.amount_left < amount:
                raise Refused(TOO_MUCH)
            if self.cancels_later:
                self._taken.append((payment, amount))
                return payment
            self._cancel(payment, amount)
            if self.lose_answer:
                self.lose_answer = False
                self.failures += 1
                raise Unknown("no answer to POST /payments/cancel: ReadTimeout")
            return self.payments[-1]

    def ping(self) -> None:
        self._answer("ping")

    def patient(self, *, places: int) -> "FakeIamport":
        return self

    @property
    def can_send(self) -> bool:
        return not self.busy

    @property
    def can_charge(self) -> bool:
        return not self.busy and not self.moves_no_money

    # Inside ----------------------------------------------------------------------------------------------

    def _answer(self, call: str) -> None:
        if self.busy:
            raise Busy("5 threads wait for the payment service already")
        if self.moves_no_money and call in ("again", "cancel"):
            raise CircuitOpen("the payment service has not answered recent charges")
        self.calls.append(call)
        if call in self.raises:
            raise self.raises[call]
        if self.silent or call == self.silent_call:
            self.while_silent()
            self.failures += 1
            raise Unknown(f"no answer to {call}")

    def _cancel(self, payment: Payment, amount: Decimal) -> None:
        self.payments.remove(payment)
        self.payments.append(self._cancelled(payment, amount))

    def _cancelled(self, payment: Payment, amount: Decimal) -> Payment:
        cancels = (*payment.cancels, Cancel(amount=amount, cancelled_at=self.time))
        total = payment.cancel_amount + amount
        return replace(payment, status="cancelled", cancel_amount=total, cancelled_at=self.time, cancels=cancels)

    def _approved(self, payment: Payment) -> Payment:
        return replace(payment, status="paid", paid_at=self.time, failed_at=0, fail_reason=None)

    def _channel_of(self, fields: dict[str, Any]) -> str:
        """Return the channel, `code` or `code.MID`: a window names it, and a key keeps the channel of its issue."""
        if "pg" in fields:
            self.channels[fields["customer_uid"]] = fields["pg"]
        return self.channels.get(fields["customer_uid"], "")

    def _find(self, wanted: Callable[[Payment], bool]) -> Payment:
        for payment in reversed(tuple(self.payments)):
            if wanted(payment):
                return payment
        raise NotFound(NO_PAYMENT, status=404)

    def _has_money(self, customer_uid: str) -> bool:
        earlier = [p for p in self.payments if p.customer_uid == customer_uid and p.customer_uid_usage == "payment"]
        return {"no_money_later": False, "no_money_at_renewal": not earlier}.get(self.keys[customer_uid], True)

    def _new(self, fields: dict[str, Any], *, status: str, usage: str | None) -> Payment:
        channel = self._channel_of(fields)
        provider, _, mid = channel.partition(".")
        payment = Payment(
            imp_uid=f"imp_{next(self._numbers):012}",
            merchant_uid=fields["merchant_uid"],
            status=status,
            amount=Decimal(str(fields["amount"])),
            cancel_amount=Decimal(0),
            currency=fields.get("currency") or "KRW",
            customer_uid=fields.get("customer_uid"),
            customer_uid_usage=usage if self.names_usage else None,
            channel="pc" if "pg" in fields else "api",
            paid_at=self.time if status == "paid" else 0,
            failed_at=self.time if status == "failed" else 0,
            fail_reason=NOT_ENOUGH if status == "failed" else None,
            card_name="국민카드",
            card_number="4242-42**-****-4242",
            pg_provider=provider or None,
            pg_id=mid or None,
            is_test=channel in self.test_channels,
        )
        self.payments.append(payment)
        return payment
