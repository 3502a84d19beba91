"""A shop in which staff have something to do: rows in every state that their pages show.

Purchases, refunds and reversals happen at the sandbox, through the services. What needs days or a PG's fault (a refund
that waits, a refusal, a compared day) is stored directly, in a way that gives the worker nothing to do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal

from flask import Flask

import clock
from app import create_app
from config import Config
from demo.past import subscribe
from models import Comparison, Difference, Order, Refund, User, db
from services import accounts, payments, staff
from services.desk import Desk
from states import ComparisonStep, DifferenceKind, RefundCause, RefundEffect, RefundStatus, Repair

GOOD_CARD = "4242-4242-4242-4242"
NO_MONEY = "4000-0000-0000-0002"
REFUSAL = "결제취소에 실패하였습니다.(잔액부족)"
WHY = "The buyer called, and the parcel had come back to us"


@contextmanager
def opened(environ: dict[str, str]) -> Iterator[Flask]:
    """Open the shop of this environment beside its processes, on the same database."""
    app = create_app(Config.from_environ(environ))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def fill(app: Flask) -> dict[str, str]:
    """Make a row for every state, and return the paths of the pages that show them."""
    return Staffed(app).fill()


def promote(email: str) -> None:
    """Make this person a member of staff."""
    person = accounts.by_email(email)
    assert person is not None
    person.is_staff = True
    db.session.commit()


class Staffed:
    """The staff at work, and what happens to them."""

    def __init__(self, app: Flask) -> None:
        self.desk: Desk = app.extensions["desk"]
        self.by = self._person("staff")

    def fill(self) -> dict[str, str]:
        names = ("partly", "pending", "refused", "reversed", "won", "console", "noted", "ended", "left")
        orders = {name: self._paid(name) for name in names} | {"declined": self._declined()}
        self._refund(orders["partly"], Decimal(900), RefundEffect.KEEP)
        self._refund(orders["ended"], Decimal(orders["ended"].amount), RefundEffect.END)
        self._open_refund(orders["pending"], RefundStatus.DECIDED)
        self._open_refund(orders["pending"], RefundStatus.ASKED)
        self._open_refund(orders["refused"], RefundStatus.REFUSED)
        for name in ("reversed", "won"):
            staff.record_chargeback(order=orders[name], reason=WHY, by=self.by, now=clock.now())
        staff.record_dispute_won(order=orders["won"], reason=WHY, by=self.by, now=clock.now())
        self._refund_in_console(orders["console"], Decimal(orders["console"].amount))
        self._refund_in_console(orders["noted"], Decimal(1900))
        for case in orders["noted"].cases:
            staff.close_case(case, note=WHY, by=self.by, now=clock.now())
        self._cancel(orders["left"])
        staff.read_again(self.desk, order=orders["partly"], by=self.by, now=clock.now())
        day = self._compared(orders["partly"])
        of_orders = [name for name in orders if name not in ("ended", "left")]
        of_subscriptions = ("partly", "console", "left", "declined")
        return {
            "admin": "/admin",
            **{f"order {name}": f"/admin/orders/{orders[name].merchant_uid}" for name in of_orders},
            **{
                f"subscription {name}": f"/admin/subscriptions/{orders[name].subscription_id}"
                for name in of_subscriptions
            },
            "days": "/admin/reconcile",
            "a compared day": f"/admin/reconcile/{day}",
            "a day that was not compared": f"/admin/reconcile/{day - timedelta(days=1)}",
        }

    def _person(self, name: str) -> User:
        email = f"{name}.of.a.long.name".ljust(52, "x") + "@example.com"  # as long as an address may be
        return accounts.sign_up(
            email=email, password="", name="Jisoo Kim", tel="010-1234-5678", language="en", now=clock.now()
        )

    def _paid(self, name: str) -> Order:
        subscription = subscribe(self._person(name), "coffee-monthly", card=GOOD_CARD, now=clock.now())
        return next(order for order in subscription.orders if order.invoice and order.paid_at)

    def _declined(self) -> Order:
        return subscribe(self._person("declined"), "coffee-monthly", card=NO_MONEY, now=clock.now()).orders[0]

    def _refund(self, order: Order, amount: Decimal, effect: RefundEffect) -> None:
        left = self._left(order)
        staff.refund(
            self.desk,
            order=order,
            amount=amount,
            seen_left=left,
            reason=WHY,
            effect=effect,
            by=self.by,
            now=clock.now(),
        )

    def _left(self, order: Order) -> Decimal:
        record = staff.record_of(self.desk, order)
        assert record is not None
        return record.amount_left

    def _cancel(self, order: Order) -> None:
        effect = RefundEffect.PERIOD_END
        staff.cancel(self.desk, subscription=order.subscription, effect=effect, reason=WHY, by=self.by, now=clock.now())

    def _refund_in_console(self, order: Order, amount: Decimal) -> None:
        assert order.imp_uid is not None
        self.desk.client.cancel(imp_uid=order.imp_uid, amount=amount, checksum=self._left(order), reason=WHY)
        payments.settle(self.desk, merchant_uid=order.merchant_uid, now=clock.now())

    def _open_refund(self, order: Order, status: RefundStatus) -> None:
        """Store a refund on which the worker works next month."""
        refund = Refund(
            order=order,
            imp_uid=order.imp_uid,
            cause=RefundCause.STAFF if status is RefundStatus.ASKED else RefundCause.SURPLUS,
            amount=order.amount,
            currency=order.currency,
            reason=WHY,
            effect=RefundEffect.SUSPEND,
            status=status,
            refusal=None if status is RefundStatus.ASKED else REFUSAL,
            created_at=clock.now(),
            look_at=clock.now() + timedelta(days=30),
        )
        db.session.add(refund)
        db.session.commit()

    def _compared(self, order: Order) -> date:
        """Store a day that was compared, with each kind of difference and each rule, repaired and open."""
        day = clock.day_in_seoul(clock.now()) - timedelta(days=10)
        totals = {"KRW": {"collected": 1_990_000, "refunded": 19_900}, "USD": {"collected": 9998, "refunded": 0}}
        compared = Comparison(
            day=day, step=ComparisonStep.DONE, listed=120, foreign=3, totals=totals, finished_at=clock.now()
        )
        for number, kind in enumerate(DifferenceKind):
            compared.differences.append(
                Difference(
                    kind=kind,
                    rule=list(Repair)[number % len(Repair)],
                    merchant_uid=order.merchant_uid,
                    imp_uid=f"imp_{number:012}",
                    currency="KRW",
                    ours=None if kind is DifferenceKind.UNKNOWN else order.amount,
                    theirs=0,
                    repaired_at=clock.now() if number % 2 else None,
                )
            )
        db.session.add(compared)
        db.session.commit()
        return day
