"""A buyer in the sandbox's payment windows, over HTTP and without a browser."""

from typing import Any

import requests

from models import Order
from services import checkout
from services.desk import Desk

CARD = "4242-4242-4242-4242"
"""A card that is always approved."""


def pay(desk: Desk, order: Order, service: str) -> str:
    """Open the order's window at the service with this address, pay in it by card, and return the `imp_uid`."""
    call = {
        "merchant_code": "imp00000000",
        "params": checkout.request(desk, order, language="ko"),
        "device": "pc",
        "ui_type": "",
        "origin": "http://shop.test",
        "page_language": "ko",
    }
    opened = post(f"{service}/sdk/payments", json=call).json()
    path, query = opened["window_url"].split("?")
    post(f"{path}/approve?{query}", data={"number": CARD})
    return str(opened["imp_uid"])


def post(url: str, **sent: Any) -> requests.Response:
    """Return the answer to what a browser sends.

    Raises:
        HTTPError: when it was refused.
    """
    answer = requests.post(url, timeout=60, **sent)
    answer.raise_for_status()
    return answer
