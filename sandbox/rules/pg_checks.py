"""What a PG checks of a call, and of every payment in a window or a charge, as `calls.toml` and `pgs.toml` say.

The texts of refusals are assumed: the real ones are each PG's prose, and no shop may branch on them.
"""

import re
from typing import Any

from ..facts import calls
from ..facts.pgs import Profile
from ..ledger.models import Merchant, Payment
from ..merchants import levers
from ..wire.parameters import Fields, Malformed, missing, number


def check_call(
    merchant: Merchant, call: str, fields: Fields, profile: Profile | None = None, *, lenient: bool = False
) -> None:
    """Check that a REST call contains what the service and its PG require, and nothing that they do not allow.

    `profile` is None when no PG takes part. With `lenient`, a *strict* merchant is treated like any other.

    Raises:
        Malformed: for the first field that is wrong. The message names the PG that requires it or does not support it.
    """
    strictly = bool(levers.get(merchant, "strict")) and not lenient
    code, whose = (profile.code, f"{profile.name_ko}: ") if profile else ("", "")
    for field, is_own in calls.missing(call, code, fields, strictly=strictly):
        raise missing(f"{whose}{field}" if is_own else field)
    if strictly and profile:
        for field in calls.unsupported(call, code, fields):
            raise unsupported(profile, field)
    for entry, field, value, beside in calls.limited(call, code, fields) if strictly else ():
        if fault := _fault(entry, field, value, beside):
            raise Malformed(f"{whose if entry.pgs else ''}{field} {fault}")


def _fault(entry: calls.Allowed, field: str, value: Any, beside: Fields) -> str:
    """Return what is wrong with a value and what is allowed, '' if nothing is."""
    sent = str(value)
    if entry.words and sent not in entry.words:
        return f"파라메터는 {', '.join(entry.words)} 중 하나여야 합니다."
    if sent in entry.barred:
        return f"파라메터에 {sent}은(는) 사용할 수 없습니다."
    if entry.longest is not None and len(sent) > entry.longest:
        return f"파라메터는 {entry.longest}자를 넘을 수 없습니다."
    if entry.pattern and not re.fullmatch(entry.pattern, sent):
        return f"형식이 올바르지 않습니다. ({entry.pattern})"
    if entry.percent is not None and _exceeds(beside, field.rpartition(".")[2], entry.percent):
        return f"파라메터는 amount의 {entry.percent}%를 넘을 수 없습니다."
    return ""


def _exceeds(fields: Fields, name: str, percent: int) -> bool:
    part, whole = (float(number(fields, field) or 0) for field in (name, "amount"))  # a Decimal of 1e999999 overflows
    return part * 100 > whole * percent


def unsupported(profile: Profile, field: str) -> Malformed:
    """Return the error for a field that the PG does not support."""
    return Malformed(f"{profile.name_ko}: {field} 파라메터를 지원하지 않습니다.")


def check_order(profile: Profile, payment: Payment) -> None:
    """Check what the PG reads of the order: its number, name, currency and amount.

    Raises:
        Malformed: when the PG does not accept one of them.
    """
    if profile.merchant_uid_pattern and not re.fullmatch(profile.merchant_uid_pattern, payment.merchant_uid):
        raise Malformed(f"{profile.name_ko}: merchant_uid 형식이 올바르지 않습니다. ({profile.merchant_uid_pattern})")
    name = payment.name or ""
    if profile.name_bytes and len(name.encode("euc-kr", "replace")) > profile.name_bytes:
        raise Malformed(f"{profile.name_ko}: name 파라메터는 {profile.name_bytes}바이트를 넘을 수 없습니다.")
    if set(name) & set(profile.name_barred):
        raise Malformed(f"{profile.name_ko}: name 파라메터에 사용할 수 없는 문자가 있습니다. ({profile.name_barred})")
    if profile.currencies and payment.currency not in profile.currencies:
        raise Malformed(f"{profile.name_ko}: 지원하지 않는 currency입니다. ({', '.join(profile.currencies)})")
    if payment.currency == "KRW" and payment.amount < profile.least_amount:
        raise Malformed(f"{profile.name_ko}: amount는 {profile.least_amount}원 이상이어야 합니다.")


def check_buyer_name(merchant: Merchant, profile: Profile, buyer_name: object) -> None:
    """Check the buyer's name if the merchant's lever `strict` is on.

    Raises:
        Malformed: when the PG requires two words, separated by one space, and the name has another form.
    """
    if levers.get(merchant, "strict") and profile.two_word_buyer_name and len(str(buyer_name or "").split(" ")) != 2:
        raise Malformed("buyer_name 파라메터는 빈칸 하나로 나눈 'First Last' 형식이어야 합니다.")
