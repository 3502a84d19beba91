"""What can go wrong in the shop, as named errors.

    ShopError
    ├── InvalidRequest
    ├── PlanUnavailable
    ├── PgUnavailable
    ├── OrderNotFound
    ├── ChargeInProgress
    ├── KeyNotConfirmed
    ├── NothingToCharge
    ├── AlreadySubscribed
    ├── StillPaid
    ├── OutOfDate
    ├── EmailTaken
    ├── WrongCredentials
    ├── PaymentServiceDown
    │   └── PaymentServiceBusy
    ├── PaymentServiceRefused
    └── IllegalStep

`code` is stable: browsers, tests and logs may rely on it. `views/errors.py` adds the sentence that a person reads, and
the HTTP status.
"""

from datetime import datetime


class ShopError(Exception):
    """The base of all errors of the shop. `detail` says what happened; `facts` are values such as the bad `fields`."""

    code = "shop_error"

    def __init__(self, detail: str = "", **facts: object) -> None:
        super().__init__(detail or self.code)
        self.detail = detail
        self.facts = facts


class InvalidRequest(ShopError):
    """The browser sent a request that no page of this shop sends, or a field a PG refuses."""

    code = "invalid_request"


class PlanUnavailable(ShopError):
    """The plan is not on sale."""

    code = "plan_unavailable"


class PgUnavailable(ShopError):
    """The PG does not take the plan's currency, or is not offered."""

    code = "pg_unavailable"


class OrderNotFound(ShopError):
    """The order does not exist, or belongs to another user."""

    code = "order_not_found"


class ChargeInProgress(ShopError):
    """Another request is charging this subscription, or a charge has no outcome yet."""

    code = "charge_in_progress"


class KeyNotConfirmed(ShopError):
    """The PG has not confirmed the new key yet; charging it now would fail."""

    code = "key_not_confirmed"


class NothingToCharge(ShopError):
    """The subscription has ended, its key is gone, or the period is not the next to pay."""

    code = "nothing_to_charge"


class OutOfDate(ShopError):
    """What is requested no longer fits the payment or subscription, which has changed since the page was shown."""

    code = "out_of_date"


class AlreadySubscribed(ShopError):
    """The user has this plan. `beside` is the subscription's id: sent back, it confirms a second purchase."""

    code = "already_subscribed"

    def __init__(self, *, beside: int) -> None:
        super().__init__(f"subscription {beside} is to the same plan")
        self.beside = beside


class StillPaid(ShopError):
    """The user cancelled this plan, and it is paid `until` a later time. `beside` as in `AlreadySubscribed`."""

    code = "still_paid"

    def __init__(self, *, beside: int, until: datetime) -> None:
        super().__init__(f"the cancelled subscription {beside} is paid until {until:%Y-%m-%d}")
        self.beside, self.until = beside, until


class EmailTaken(ShopError):
    """Another account has this e-mail address."""

    code = "email_taken"


class WrongCredentials(ShopError):
    """E-mail address and password do not match."""

    code = "wrong_credentials"


class PaymentServiceDown(ShopError):
    """The payment service did not answer; whether it acted is unknown."""

    code = "payment_service_down"


class PaymentServiceBusy(PaymentServiceDown):
    """No request was sent: too many wait for the payment service already, or it has not answered recently."""

    code = "payment_service_busy"


class PaymentServiceRefused(ShopError):
    """The payment service understood the request and refused it.

    `detail` is the service's own sentence: show it, log it, never branch on it.
    """

    code = "payment_service_refused"


class IllegalStep(ShopError):
    """A status cannot change in this way: a bug, or a lost race."""

    code = "illegal_step"
