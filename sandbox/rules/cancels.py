"""Cancels: refunding a payment, in full or in part."""

from sqlalchemy import select

from ..ledger import entries
from ..ledger.models import Merchant, Payment, PendingCancel, db
from ..ledger.transactions import exclusive
from ..merchants import clock, levers
from ..webhooks import notices
from ..wire.amounts import Split, cancelled_parts, part
from ..wire.errors import Refused
from ..wire.parameters import Fields, flag, nested, text, word
from . import balances, keys, pg_checks

NOTHING_TO_CANCEL = "취소할 결제건이 존재하지 않습니다."
CANCELLED_ALREADY = "이미 전액취소된 주문입니다."
NOTHING_NAMED = "imp_uid 또는 merchant_uid 중 하나는 반드시 지정해주셔야합니다."
TOO_MUCH = "requested cancel amount is bigger than cancelable amount"
WRONG_PARTS = "tax_free, vat_amount가 취소 가능한 면세금액, 부가세와 맞지 않습니다"
CHECKSUM_DIFFERS = "취소 가능한 금액이 checksum과 일치하지 않습니다."

REFUND_ACCOUNT = ("refund_holder", "refund_bank", "refund_account")
"""The account that a deposit is refunded to. Source: schema, POST /payments/cancel."""


def cancel(merchant: Merchant, fields: Fields, *, in_console: bool = False) -> Payment:
    """Cancel `amount` of a payment at its customer's time; cancel all that is left when `amount` is missing or 0.

    With `in_console` the cancel is made by hand: it always sends the shop a webhook, and needs no refund account.

    Raises:
        Refused: when neither `imp_uid` nor `merchant_uid` was sent (HTTP 400); when no such payment took money; when
            nothing is left, or less than requested (also of the tax-free part or the VAT); when `checksum` differs
            from what is left; when an earlier cancel is still pending; when a deposit has no account to be refunded to.
        Malformed: when a field is of the wrong shape.
    """
    imp_uid, merchant_uid = text(fields, "imp_uid"), text(fields, "merchant_uid")
    if imp_uid is None and merchant_uid is None:
        raise Refused(-1, NOTHING_NAMED, http=400, ours=True)
    word(nested(fields, "extra"), "requester", keys.REQUESTERS)
    flag(fields, "retain_promotion")
    with exclusive(merchant):
        payment = _cancellable(merchant, imp_uid, merchant_uid)
        if not in_console:
            pg_checks.check_call(merchant, "POST /payments/cancel", fields, payment.profile)
        missing = [name for name in REFUND_ACCOUNT if text(fields, name) is None]
        if missing and payment.pay_method == "vbank" and not in_console:
            raise _failed(f"가상계좌 환불에 필요한 {', '.join(missing)} 누락")
        parts = _parts(payment, fields)
        announce = in_console or flag(fields, "enable_webhook")
        _refund(payment, parts, text(fields, "reason"), clock.of_payment(payment), announce=announce)
    return payment


def _parts(payment: Payment, fields: Fields) -> Split:
    """Return the parts to refund.

    Raises:
        Refused: when `checksum` differs from what is left, or less is left than requested.
        Malformed: when an amount is not a valid number.
    """
    checksum = part(fields, "checksum", payment.currency)
    if checksum is not None and checksum != payment.remaining:
        raise Refused(1, CHECKSUM_DIFFERS, ours=True)
    amount = part(fields, "amount", payment.currency) or payment.remaining
    if amount > payment.remaining:
        raise _failed(TOO_MUCH)
    left = balances.left(payment)
    parts = cancelled_parts(fields, amount, left, payment.currency)
    if not left.holds(parts):
        raise _failed(WRONG_PARTS)
    return parts


def _refund(payment: Payment, parts: Split, reason: str | None, now: int, *, announce: bool) -> None:
    """Cancel now. For a PG that cancels later, queue the cancel: `late` makes it, and only then the record shows it."""
    amount, tax = parts.total, {"tax_free": parts.tax_free, "vat_amount": parts.vat}
    wait = levers.get(payment.merchant, "cancel_pingback") if payment.profile.cancels_later else 0
    if wait:
        db.session.add(
            PendingCancel(payment=payment, amount=amount, **tax, reason=reason, announce=announce, due_at=now + wait)
        )
        return
    payment.mark_cancelled(amount, reason, at=now, **tax)
    if announce:
        notices.queue_cancel(payment.merchant, payment, now)


def _cancellable(merchant: Merchant, imp_uid: str | None, merchant_uid: str | None) -> Payment:
    """Return the payment to cancel. With both ids only `imp_uid` counts, even if it is wrong. Raises `Refused`."""
    if imp_uid is not None:
        payment = db.session.scalar(
            select(Payment).where(Payment.merchant_id == merchant.id, Payment.imp_uid == imp_uid)
        )
    else:
        payment = entries.settled(merchant, str(merchant_uid))
    if payment is None or payment.status not in ("paid", "cancelled"):
        raise Refused(1, NOTHING_TO_CANCEL)
    if not payment.charged and not levers.get(merchant, "cancel_issue"):
        raise _failed("빌링키 발급 건으로 승인된 금액이 없습니다")
    if payment.remaining == 0:
        raise Refused(1, CANCELLED_ALREADY)
    if db.session.scalar(select(PendingCancel.id).where(PendingCancel.payment_id == payment.id)):
        raise _failed("앞선 취소가 아직 처리 중입니다")
    return payment


def _failed(detail: str) -> Refused:
    ours = "" if detail == TOO_MUCH else detail
    return Refused(-1, f"결제취소에 실패하였습니다.({detail})", detail=ours)
