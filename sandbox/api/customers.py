"""`/subscribe/customers`: the stored billing keys. What they are to be charged is in `schedules`."""

from flask import Blueprint, Response
from sqlalchemy import select

from ..ledger.models import Payment
from ..merchants.clock import of
from ..rules import keys
from ..wire.errors import Refused
from ..wire.parameters import Malformed, missing, texts
from .access import authenticate, merchant
from .body import fields, query
from .envelope import answer
from .objects import key_object, payment_object
from .paging import paged

bp = Blueprint("customers", __name__, url_prefix="/subscribe/customers")
bp.before_request(authenticate)

NONE_FOUND = "요청하신 customer_uid로 등록된 정보를 찾을 수 없습니다."

MOST_IDS = 100


@bp.get("")
def show_several() -> Response:
    """By `customer_uid[]`: 200 when each was found, 207 when some were, 404 when none was."""
    asked = dict.fromkeys(texts(query(), "customer_uid"))
    if not asked:
        raise missing("customer_uid[]")
    if len(asked) > MOST_IDS:
        raise Malformed(f"한 번에 {MOST_IDS}건까지 조회할 수 있습니다.")
    found = [key for customer_uid in asked if (key := keys.find(merchant(), customer_uid))]
    if not found:
        raise Refused(1, NONE_FOUND, http=404, ours=True)
    return answer([key_object(key) for key in found], http=200 if len(found) == len(asked) else 207)


@bp.get("/<customer_uid>")
def show(customer_uid: str) -> Response:
    return answer(key_object(keys.get(merchant(), customer_uid)))


@bp.post("/<customer_uid>")
def issue(customer_uid: str) -> Response:
    """By card number, without a window: for shops that may see one, and for seeding a demonstration."""
    return answer(key_object(keys.issue_by_card(merchant(), customer_uid, fields(), of(merchant(), customer_uid))))


@bp.delete("/<customer_uid>")
def delete(customer_uid: str) -> Response:
    """Final: from then on the `customer_uid` is an unknown one."""
    return answer(key_object(keys.remove(merchant(), customer_uid, query())))


@bp.get("/<customer_uid>/payments")
def payments(customer_uid: str) -> Response:
    """What the key was issued with and charged, newest first; windows still open are not in it."""
    key = keys.get(merchant(), customer_uid)
    made = select(Payment).where(Payment.merchant_id == key.merchant_id, Payment.customer_uid == customer_uid)
    finished = made.where(Payment.status != "ready").order_by(Payment.started_at.desc(), Payment.id.desc())
    return answer(paged(finished, payment_object, limited=False))
