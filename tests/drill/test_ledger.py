"""The ledger finds what a drill exists to find: a period charged twice, and a payment that the shop lost."""

from dataclasses import replace

import pytest

from tests.drill.ledger import Bill, Payment, compare

PAYMENT = Payment(imp_uid="imp_1", merchant_uid="INV-1-1", customer_uid="card-1", amount=9900, left=9900)
PAID = Bill(customer_uid="card-1", amount=9900, is_paid=True, imp_uid="imp_1")
DECLINED = Bill(customer_uid="card-1", amount=9900, remains="no money; retried tomorrow")
OPEN = Bill(customer_uid="card-1", amount=9900)
SECOND = replace(PAYMENT, imp_uid="imp_2", merchant_uid="INV-1-2")


def test_a_drill_in_which_all_is_well_ends_with_0():
    other = replace(DECLINED, customer_uid="card-2")

    ledger = compare([PAID, other], [PAYMENT, replace(SECOND, left=0)])

    assert (ledger.due, ledger.once, ledger.refunded) == (2, 1, 1)
    assert ledger.declined == {"no money; retried tomorrow": 1}
    assert ledger.exit_code == 0


@pytest.mark.parametrize(
    ("bill", "payments", "heading"),
    [
        (PAID, [PAYMENT, SECOND], "twice"),
        (PAID, [PAYMENT, replace(SECOND, left=100)], "twice"),
        (DECLINED, [PAYMENT], "lost"),
        (OPEN, [PAYMENT], "lost"),
        (PAID, [SECOND], "lost"),
        (PAID, [replace(PAYMENT, amount=5000, left=5000)], "lost"),
        (PAID, [PAYMENT, replace(SECOND, customer_uid="card-9")], "lost"),
        (PAID, [], "unfounded"),
        (PAID, [replace(PAYMENT, left=0)], "unfounded"),
        (OPEN, [], "open"),
    ],
)
def test_whatever_is_wrong_is_named_and_ends_the_drill_with_1(bill, payments, heading):
    ledger = compare([bill], payments)

    wrong = {name: len(getattr(ledger, name)) for name in ("twice", "lost", "unfounded", "open")}
    assert wrong == {**dict.fromkeys(wrong, 0), heading: 1}
    assert getattr(ledger, heading)[0] in "\n".join(ledger.lines())
    assert ledger.exit_code == 1
