"""A buyer at the sandbox's payment window: sends the same HTTP requests as a browser."""

from typing import Any
from urllib.parse import urlsplit

import requests

from config import origin_of

TIMEOUT = 10
"""Seconds; the sandbox is on this machine."""


def pay_in_window(sdk_url: str, *, merchant_code: str, request: dict[str, Any], number: str, expiry: str = "") -> str:
    """Open the window for `request`, enter a test card's `number` and `expiry`, `MM/YY`. Return the `imp_uid`.

    Raises:
        requests.RequestException: when the sandbox does not answer, or answers with an error.
    """
    origin = origin_of(sdk_url)
    opened = requests.post(
        f"{origin}/sdk/payments",
        json={"merchant_code": merchant_code, "params": request, "device": "pc", "origin": origin},
        timeout=TIMEOUT,
    )
    opened.raise_for_status()
    window = urlsplit(opened.json()["window_url"])
    form = {"number": number, "expiry": expiry}
    submitted = requests.post(
        f"{origin}{window.path}/approve?{window.query}", data=form, timeout=TIMEOUT, allow_redirects=False
    )
    submitted.raise_for_status()
    return str(opened.json()["imp_uid"])
