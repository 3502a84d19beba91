"""What can go wrong in the shop, as named facts.

    ShopError
    ├── InvalidRequest        the browser sent something no page of ours would send
    ├── PlanUnavailable       the plan is not sold (any more)
    ├── PgUnavailable         this PG cannot take this plan's currency, or is not offered
    ├── OrderNotFound         no such order, or not this person's
    ├── ChargeInProgress      another request is charging this subscription right now
    ├── KeyNotConfirmed       the PG has not confirmed the new key yet; charging it now would fail
    ├── NothingToCharge       the subscription has ended, or its key is gone
    ├── EmailTaken            somebody signed up with this address before
    ├── WrongCredentials      e-mail and password do not belong together
    ├── PaymentServiceDown    no answer: whether something happened is unknown
    ├── PaymentServiceRefused the payment service understood, and said no
    └── IllegalStep           a status was to move where it cannot: a bug, or a race that was lost

`code` is stable: browsers, tests and logs may rely on it. The sentence a person reads and the HTTP status
belong to `views/errors.py`.
"""


class ShopError(Exception):
    code = "shop_error"

    def __init__(self, detail: str = "", **facts: object) -> None:
        super().__init__(detail or self.code)
        self.detail = detail
        self.facts = facts


class InvalidRequest(ShopError):
    code = "invalid_request"


class PlanUnavailable(ShopError):
    code = "plan_unavailable"


class PgUnavailable(ShopError):
    code = "pg_unavailable"


class OrderNotFound(ShopError):
    code = "order_not_found"


class ChargeInProgress(ShopError):
    code = "charge_in_progress"


class KeyNotConfirmed(ShopError):
    code = "key_not_confirmed"


class NothingToCharge(ShopError):
    code = "nothing_to_charge"


class EmailTaken(ShopError):
    code = "email_taken"


class WrongCredentials(ShopError):
    code = "wrong_credentials"


class PaymentServiceDown(ShopError):
    code = "payment_service_down"


class PaymentServiceRefused(ShopError):
    """`detail` is the service's own sentence: show it, log it, never branch on it."""

    code = "payment_service_refused"


class IllegalStep(ShopError):
    code = "illegal_step"
