"""The payment service of the simulation: the fake of the unit tests, with what a PG and its console do on their own."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal

from services.iamport import Payment
from tests.fakes import FakeIamport

CHARGING = ("jtnet", "paymentwall")
"""The PGs whose windows take money. At the others an issue only shows its amount."""
CANCELLING_LATER = ("paymentwall",)
"""The PGs that accept a refund and make it later."""


class Service(FakeIamport):
    """`FakeIamport` with late approvals that bring their key, and with the question where money moved."""

    def __init__(self) -> None:
        super().__init__()
        self.cancels_of_shop: Counter[str] = Counter()

    def cancel(self, *, imp_uid: str, amount: Decimal, checksum: Decimal, reason: str) -> Payment:
        self.cancels_later = any(p.imp_uid == imp_uid and p.pg_provider in CANCELLING_LATER for p in self.payments)
        return super().cancel(imp_uid=imp_uid, amount=amount, checksum=checksum, reason=reason)

    def _cancel(self, payment: Payment, amount: Decimal) -> None:
        super()._cancel(payment, amount)
        self.cancels_of_shop[payment.imp_uid] += 1

    def perform_cancels(self) -> list[str]:
        """Perform what a PG has accepted to cancel, as far as it is left by now. Return the payments."""
        taken, self._taken = self._taken, []
        for before, amount in taken:
            payment = self.payment(before.imp_uid)
            if payment.amount_left > 0:
                self._cancel(payment, min(amount, payment.amount_left))
        return [payment.imp_uid for payment, _ in taken]

    def late(self) -> list[Payment]:
        """Return the payments that a PG may still approve."""
        return [payment for payment in self.payments if payment.status in ("failed", "ready")]

    def approve(self, imp_uid: str) -> None:
        """Approve a payment that failed or is under review. A window's payment brings its key."""
        self.approve_late(imp_uid)
        payment = self.payment(imp_uid)
        if payment.channel == "pc" and payment.customer_uid:
            self.keys.setdefault(payment.customer_uid, "approved")
            self.payments[self.payments.index(payment)] = replace(payment, customer_uid_usage="issue")

    def decline(self, imp_uid: str) -> None:
        """Decline a payment that is under review."""
        payment = self.payment(imp_uid)
        failed = replace(payment, status="failed", failed_at=self.time, fail_reason="declined")
        self.payments[self.payments.index(payment)] = failed

    def charged(self) -> dict[str, Payment]:
        """Return the payments that moved money, by `imp_uid`, whatever was refunded of them."""
        return {p.imp_uid: p for p in self.payments if p.status in ("paid", "cancelled") and moved_money(p)}


def moved_money(payment: Payment) -> bool:
    """Whether an approval of this payment moves money."""
    is_issue = payment.customer_uid_usage == "issue"
    return payment.amount > Decimal(0) and (not is_issue or payment.pg_provider in CHARGING)
