"""The expiry of a card, `YYYY-MM`: the card is valid to the end of that month in Seoul. None never expires.

Only the ledger knows it: neither the API nor the console shows it, as the real service does not.
"""

import re
from datetime import datetime

from ..ledger.models import Merchant
from ..merchants import levers
from ..merchants.clock import SEOUL
from ..wire.parameters import Malformed

EXPIRED = "유효기간이 만료된 카드입니다."

_OF_SHOPS = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])", re.ASCII)
_OF_PAYERS = re.compile(r"(0?[1-9]|1[0-2]) ?/? ?([0-9]{2})", re.ASCII)


def of_shop(text: str) -> str:
    """Return the expiry that a shop sends over REST.

    Raises:
        Malformed: when it is not `YYYY-MM`.
    """
    if not _OF_SHOPS.fullmatch(text):
        raise Malformed("expiry 파라메터는 YYYY-MM 형식이어야 합니다.")
    return text


def of_payer(text: str) -> str | None:
    """Return the expiry that a payer types as `MM/YY`; None for no text.

    Raises:
        Malformed: when it is any other text.
    """
    typed = _OF_PAYERS.fullmatch(text.strip())
    if typed is None:
        if text.strip():
            raise Malformed("expiry is MM/YY")
        return None
    return f"20{typed[2]}-{int(typed[1]):02}"


def refusal(merchant: Merchant, expiry: str | None, now: int) -> str | None:
    """Return why the PG refuses a card with this expiry at `now`, or None. The lever `expiry` turns this off."""
    if expiry is None or not levers.get(merchant, "expiry") or expiry >= _month(now):
        return None
    return EXPIRED


def ends_at(expiry: str) -> int:
    """Return the Unix second from which on a card with this expiry is refused."""
    year, month = (int(part) for part in expiry.split("-"))
    year = min(max(year, 1970), 2999)  # what a clock may show, and a lever may have let in another year
    return int(datetime(year + month // 12, month % 12 + 1, 1, tzinfo=SEOUL).timestamp())


def filled_in(merchant: Merchant, now: int) -> str:
    """Return the expiry that a window fills in with a test card, as `MM/YY`: so many months later as the lever says."""
    today = datetime.fromtimestamp(now, SEOUL)
    months = today.year * 12 + today.month - 1 + int(levers.get(merchant, "window_expiry"))
    return f"{months % 12 + 1:02}/{months // 12 % 100:02}"


def _month(now: int) -> str:
    return f"{datetime.fromtimestamp(now, SEOUL):%Y-%m}"
