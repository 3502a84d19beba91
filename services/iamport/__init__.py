"""A client of the I'mport (PortOne V1) REST API, written to be copied.

    client = IamportClient(base_url="https://api.iamport.kr", key=…, secret=…)
    payment = client.again(customer_uid=…, merchant_uid=…, amount=Decimal(9900), name="…")

    client.py     one method per endpoint
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

from services.iamport.breaker import Breaker
from services.iamport.calls import TOKEN_PATH
from services.iamport.client import IamportClient
from services.iamport.deadline import open_session
from services.iamport.errors import Busy, CircuitOpen, IamportError, NotFound, Refused, Unauthorized, Unknown
from services.iamport.exchange import Exchange
from services.iamport.types import Cancel, CustomerKey, Payment, PaymentPage, Prepared

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
    "Unauthorized",
    "Unknown",
    "open_session",
]
