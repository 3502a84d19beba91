"""The sandbox's levers that the demonstration uses, over HTTP: clocks, records, calls, webhooks and outages."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import requests
from flask import current_app

STATES = ("up", "refuse", "hang", "error")
"""What the sandbox can play: it works, refuses every call, answers none, or answers each with HTTP 500."""
SHORT_TIMEOUT = 0.5
"""Seconds that a page waits for the state of the payment service."""
TIMEOUT = 30
"""Seconds. A clock that moves waits up to 15 seconds for the shop to answer the webhooks of that time."""

READ_TIMEOUT = 2
"""Seconds. A timeline is read twice a second, so it rather does without."""
MOST_CALLS, MOST_IDS = 300, 100
"""What the sandbox lists at most, and by how many ids."""


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


def calls(ids: Sequence[str]) -> list[dict[str, Any]]:
    """Return the recorded calls that mention any of these ids, the oldest first.

    Raises:
        requests.RequestException: when the sandbox does not answer, or refuses.
    """
    found: list[dict[str, Any]] = _records("calls", ids)["calls"]
    return found


def deliveries(ids: Sequence[str]) -> list[dict[str, Any]]:
    """Return the webhooks about payments with any of these ids, each with its attempts.

    Raises:
        requests.RequestException: when the sandbox does not answer, or refuses.
    """
    found: list[dict[str, Any]] = _records("webhooks/deliveries", ids)["deliveries"]
    return found


def expires_at(customer_uid: str) -> int | None:
    """Return the Unix second from which on the card behind `customer_uid` is declined; None for never.

    Raises:
        requests.RequestException: when the sandbox does not answer, or has no such key.
    """
    found: int | None = _get(f"keys/{quote(customer_uid, safe='')}", timeout=SHORT_TIMEOUT)["expires_at"]
    return found


def fill_in_expiry(*, months: int) -> None:
    """Let payment windows fill in an expiry this many months ahead.

    Raises:
        requests.RequestException: when the sandbox does not answer, or refuses.
    """
    _post("levers", window_expiry=months)


def decline_next_charge(customer_uid: str) -> None:
    """Let the next charge of this customer be declined for insufficient funds.

    Raises:
        requests.RequestException: when the sandbox does not answer, or refuses.
    """
    _post("outcomes", outcome="insufficient_funds", place="charge", customer_uid=customer_uid)


def reset_customers(customer_uids: Sequence[str]) -> None:
    """Erase what the sandbox has of these customers.

    Raises:
        requests.RequestException: when the sandbox does not answer, or refuses.
    """
    if customer_uids:
        _post("reset", customer_uid=list(customer_uids))


def service_state() -> str:
    """Return the state of the payment service: one of `STATES`, or '' when the sandbox does not say."""
    try:
        levers = _get("levers", timeout=SHORT_TIMEOUT)["levers"]
    except (requests.RequestException, KeyError):
        return ""
    return str(levers.get("service", ""))


def set_service_state(state: str) -> None:
    """Let the payment service work (`up`), or play an outage for every person.

    Raises:
        requests.RequestException: when the sandbox does not answer, or refuses.
    """
    _post("levers", service=state)


def _records(kind: str, ids: Sequence[str]) -> Any:
    return _get(kind, timeout=READ_TIMEOUT, any_id=",".join(ids[:MOST_IDS]), limit=MOST_CALLS)


def _get(record: str, *, timeout: float, **query: str | int) -> Any:
    address = f"{current_app.config['IMP_API_URL']}/control/{record}"
    query |= {"merchant_code": current_app.config["IMP_CODE"]}
    answer = requests.get(address, params=query, timeout=timeout)
    answer.raise_for_status()
    return answer.json()


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
