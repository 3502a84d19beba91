"""The sandbox's levers that the demonstration uses, over HTTP: clocks and records of customers."""

from collections.abc import Sequence
from typing import Any

import requests
from flask import current_app

TIMEOUT = 30
"""Seconds. A clock that moves waits up to 15 seconds for the shop to answer the webhooks of that time."""


def set_clocks(customer_uids: Sequence[str], *, ahead: int) -> int | None:
    """Set the clocks of these customers `ahead` seconds from the merchant's, and let happen what falls due until then.

    Return the seconds until the next work of theirs is due, or None when there is none. Without customers do nothing.

    Raises:
        requests.RequestException: when the sandbox does not answer, or refuses.
    """
    if not customer_uids:
        return None
    next_in: int | None = _post("clock", customer_uid=list(customer_uids), offset=ahead)["next_in"]
    return next_in


def _post(lever: str, **fields: Any) -> Any:
    """Pull a lever of the merchant that this shop is, and return the answer.

    Raises:
        requests.RequestException: when the sandbox does not answer, or refuses.
    """
    address = f"{current_app.config['IMP_API_URL']}/control/{lever}"
    body = {"merchant_code": current_app.config["IMP_CODE"], **fields}
    answer = requests.post(address, json=body, timeout=TIMEOUT)
    answer.raise_for_status()
    return answer.json()
