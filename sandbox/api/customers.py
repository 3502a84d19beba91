"""`/subscribe/customers`: the stored billing keys. The charges booked for them are in `schedules`."""

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
    """Answer with the keys of each `customer_uid[]`: 200 if all were found, 207 if some were, 404 if none was."""
    customer_uids = dict.fromkeys(texts(query(), "customer_uid"))
    if not customer_uids:
        raise missing("customer_uid[]")
    if len(customer_uids) > MOST_IDS:
        raise Malformed(f"한 번에 {MOST_IDS}건까지 조회할 수 있습니다.")
    found = [key for customer_uid in customer_uids if (key := keys.find(merchant(), customer_uid))]
    if not found:
        raise Refused(1, NONE_FOUND, http=404, ours=True)
    return answer([key_object(key) for key in found], http=200 if len(found) == len(customer_uids) else 207)


@bp.get("/<customer_uid>")
def show(customer_uid: str) -> Response:
    """Answer with what the service reveals of a key, never with the key itself."""
    return answer(key_object(keys.get(merchant(), customer_uid)))


@bp.post("/<customer_uid>")
def issue(customer_uid: str) -> Response:
    """Issue a key by card number, without a window: for shops that may see the number, and to seed a demonstration."""
    return answer(key_object(keys.issue_by_card(merchant(), customer_uid, fields(), of(merchant(), customer_uid))))


@bp.delete("/<customer_uid>")
def delete(customer_uid: str) -> Response:
    """Delete a key for good: from then on its `customer_uid` is unknown."""
    return answer(key_object(keys.remove(merchant(), customer_uid, query())))


@bp.get("/<customer_uid>/payments")
def payments(customer_uid: str) -> Response:
    """Answer with the issue and the charges of the key, newest first, without windows that are still open."""
    key = keys.get(merchant(), customer_uid)
    of_key = select(Payment).where(Payment.merchant_id == key.merchant_id, Payment.customer_uid == customer_uid)
    finished = of_key.where(Payment.status != "ready").order_by(Payment.started_at.desc(), Payment.id.desc())
    return answer(paged(finished, payment_object, limited=False))
