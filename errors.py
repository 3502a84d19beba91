"""What can go wrong in the shop, as named errors.

    ShopError
    ├── InvalidRequest        the browser sent a request that no page of this shop sends, or a field a PG refuses
    ├── PlanUnavailable       the plan is not on sale
    ├── PgUnavailable         the PG does not take the plan's currency, or is not offered
    ├── OrderNotFound         the order does not exist, or belongs to another user
    ├── ChargeInProgress      another request is charging this subscription, or a charge has no outcome yet
    ├── KeyNotConfirmed       the PG has not confirmed the new key yet; charging it now would fail
    ├── NothingToCharge       the subscription has ended, its key is gone, or the period is not the next to pay
    ├── EmailTaken            another account has this e-mail address
    ├── WrongCredentials      e-mail address and password do not match
    ├── PaymentServiceDown    the payment service did not answer; whether it acted is unknown
    ├── PaymentServiceRefused the payment service understood the request and refused it
    └── IllegalStep           a status cannot change in this way: a bug, or a lost race

`code` is stable: browsers, tests and logs may rely on it. `views/errors.py` adds the sentence that a person reads, and
the HTTP status.
"""


class ShopError(Exception):
    """The base of all errors of the shop. `detail` says what happened; `facts` are values such as the bad `fields`."""

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
    """The service refused. `detail` is its own sentence: show it, log it, never branch on it."""

    code = "payment_service_refused"


class IllegalStep(ShopError):
    code = "illegal_step"
