"""A client of the I'mport (PortOne V1) REST API, written to be copied.

    client = IamportClient(base_url="https://api.iamport.kr", key=…, secret=…)
    payment = client.again(customer_uid=…, merchant_uid=…, amount=Decimal(9900), name="…")

    client.py     its settings, and whether a call would be sent now
    payments.py   one method per endpoint: read, register, refund
    billing.py    one method per endpoint: charge a key, issue, read and delete one
    schedules.py  one method per endpoint: charges that the service makes at a set time
    endpoints.py  what every endpoint does
    types.py      the answers as values
    calls.py      a call with its token, deadline, place and breakers
    tokens.py     the access token, requested by one thread for all
    transport.py  one request, and the envelope of its answer
    exchange.py   what a listener receives of a request
    deadline.py   a whole call ends in time, however slowly its answer arrives
    bulkhead.py   only some threads of a process wait for the service
    breaker.py    a service that does not answer is left alone for a while

The client keeps three outcomes apart: *refused* (`code` is not 0) raises `Refused`, *declined* (`status` is `failed`)
returns the payment, and *no answer* raises `Unknown`. It knows the protocol and nothing about any shop.
It needs `requests`, and `urllib3` which comes with that.
"""

from .breaker import Breaker
from .calls import TOKEN_PATH
from .client import IamportClient
from .deadline import open_session
from .errors import Busy, CircuitOpen, IamportError, NotFound, Refused, Unauthorized, Unknown
from .exchange import Exchange
from .types import Cancel, CustomerKey, Payment, PaymentPage, Prepared, Schedule, ScheduledCharge, SchedulePage

__all__ = [
    "TOKEN_PATH",
    "Breaker",
    "Busy",
    "Cancel",
    "CircuitOpen",
    "CustomerKey",
    "Exchange",
    "IamportClient",
    "IamportError",
    "NotFound",
    "Payment",
    "PaymentPage",
    "Prepared",
    "Refused",
    "Schedule",
    "SchedulePage",
    "ScheduledCharge",
    "Unauthorized",
    "Unknown",
    "open_session",
]
