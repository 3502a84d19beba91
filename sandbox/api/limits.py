"""The longest text allowed in each field. Source: `maxLength` of the schema.

The schema does not say what happens to a longer text; the lever `long_text` decides, and a *strict* merchant is refused
whatever it says. The two ids are an exception: a cut id would name something else, so `parameters` refuses it always.
"""

from collections.abc import Mapping
from typing import Any

from ..ledger.models import Merchant
from ..merchants import levers
from ..wire.parameters import CUSTOMER_UID_LIMIT, MERCHANT_UID_LIMIT, Malformed

IDS: Mapping[str, int] = {"merchant_uid": MERCHANT_UID_LIMIT, "customer_uid": CUSTOMER_UID_LIMIT}

TEXTS: Mapping[str, int] = {
    "name": 40,
    "buyer_name": 16,
    "buyer_email": 64,
    "buyer_tel": 16,
    "buyer_addr": 128,
    "buyer_postcode": 8,
    "customer_name": 20,
    "customer_tel": 20,
    "customer_email": 200,
    "customer_addr": 200,
    "customer_postcode": 8,
    "vbank_holder": 16,
    "pg": 80,
    "channel_key": 55,
    "channel_group_id": 55,
    "channelGroupId": 55,
}


def apply(merchant: Merchant, fields: dict[str, Any]) -> dict[str, Any]:
    """Return `fields`, and those of each schedule in it, with longer texts cut or kept, as `long_text` says.

    Raises:
        Malformed: when a text is too long, and `long_text` is `refuse` or the merchant *strict*.
    """
    how = "refuse" if levers.get(merchant, "strict") else levers.get(merchant, "long_text")
    if how == "keep":
        return fields
    kept = {name: _limited(how, name, value) for name, value in fields.items()}
    if isinstance(kept.get("schedules"), list):
        kept["schedules"] = [apply(merchant, one) if isinstance(one, dict) else one for one in kept["schedules"]]
    return kept


def _limited(how: str, name: str, value: Any) -> Any:
    limit = TEXTS.get(name)
    if limit is None or not isinstance(value, str) or len(value) <= limit:
        return value
    if how == "cut":
        return value[:limit]
    raise Malformed(f"{name} 파라메터는 {limit}자를 넘을 수 없습니다.")
