"""`/payments`: one payment, several, or all of a status. Cancels are in `cancel`, registered amounts in `prepare`."""

from itertools import chain

from flask import Blueprint, Response, request
from sqlalchemy import Select, case, select

from ..ledger import entries
from ..ledger.entries import NOT_FOUND
from ..ledger.models import Payment, db
from ..merchants import levers
from ..merchants.clock import LATEST, of
from ..rules import balances
from ..wire.errors import Refused
from ..wire.parameters import Malformed, integer, missing, text, texts
from .access import authenticate, merchant
from .body import query
from .envelope import answer
from .objects import payment_object
from .paging import paged

bp = Blueprint("payments", __name__, url_prefix="/payments")
bp.before_request(authenticate)

NO_SUCH_STATUS = "지원되지 않는 상태값입니다."

REACHED_AT = {
    "ready": Payment.started_at,
    "paid": Payment.paid_at,
    "cancelled": Payment.cancelled_at,
    "failed": Payment.failed_at,
}
"""Status → column of the time at which it was reached."""

SORTINGS = {"started": Payment.started_at, "paid": Payment.paid_at, "updated": Payment.updated_at}
"""`sorting` → column; a `-` in front means newest first. Within a second the order of arrival decides."""

MOST_IDS = 100

DAY = 86_400
LONGEST_SEARCH = 90 * DAY


@bp.get("/<imp_uid>")
def show(imp_uid: str) -> Response:
    """Answer with one payment; 404 if the shop has no such payment."""
    return answer(payment_object(entries.get(merchant(), imp_uid)))


@bp.get("/<imp_uid>/balance")
def show_balance(imp_uid: str) -> Response:
    """Answer with the balance of a payment, net of cancels; only two PGs report it."""
    return answer(balances.of(entries.get(merchant(), imp_uid)))


@bp.get("")
def show_several() -> Response:
    """Answer with the payment of each `imp_uid[]` and `merchant_uid[]`: 200 if all exist, 207 if some do, else 404."""
    imp_uids, merchant_uids = _requested_ids()
    most = 1 if levers.get(merchant(), "several_attempts") == "newest" else MOST_IDS
    wanted = [_mine().where(Payment.imp_uid == imp_uid) for imp_uid in dict.fromkeys(imp_uids)]
    wanted += [_of_order(merchant_uid).limit(most) for merchant_uid in dict.fromkeys(merchant_uids)]
    found = [payments for one in wanted if (payments := db.session.scalars(one).all())]
    if not found:
        raise Refused(-1, NOT_FOUND, http=404)
    # The request may name the same payment by both of its ids.
    objects = [payment_object(payment) for payment in dict.fromkeys(chain.from_iterable(found))]
    return answer(objects, http=200 if len(found) == len(wanted) else 207)


def _requested_ids() -> tuple[list[str], list[str]]:
    """Return each `imp_uid[]` and each `merchant_uid[]` of the query.

    Raises:
        Malformed: when the query has no id, or more than `MOST_IDS`.
    """
    args = query()
    imp_uids, merchant_uids = texts(args, "imp_uid"), texts(args, "merchant_uid")
    if not imp_uids and not merchant_uids:
        raise missing("imp_uid[], merchant_uid[]")
    if len(imp_uids) + len(merchant_uids) > MOST_IDS:
        raise Malformed(f"한 번에 {MOST_IDS}건까지 조회할 수 있습니다.")
    return imp_uids, merchant_uids


@bp.get("/find/<merchant_uid>")
@bp.get("/find/<merchant_uid>/<status>")
def find(merchant_uid: str, status: str = "all") -> Response:
    """Answer with the first attempt by `sorting`. Without a status, a newer failed attempt hides an older paid one."""
    return answer(payment_object(_one(_of_order(merchant_uid, status))))


@bp.get("/findAll/<merchant_uid>")
@bp.get("/findAll/<merchant_uid>/<status>")
def find_all(merchant_uid: str, status: str = "all") -> Response:
    """Answer with every attempt of one order."""
    page = paged(_of_order(merchant_uid, status), payment_object)
    if not page["total"]:
        raise Refused(-1, NOT_FOUND, http=404)
    return answer(page)


@bp.get("/status/<status>")
def with_status(status: str) -> Response:
    """Answer with payments that reached their status from `from` to `to`: at most 90 days, by default the last 90."""
    _check_status(status)
    start, end = _search_range()
    reached = case(*((Payment.status == name, at) for name, at in REACHED_AT.items()))
    return answer(paged(_sorted(_in_status(_mine(), status).where(reached.between(start, end))), payment_object))


def _search_range() -> tuple[int, int]:
    """Return the first and last second (Unix) of the search. Raises `Malformed` when it is longer than 90 days."""
    to = integer(request.args, "to")
    end = of(merchant()) if to is None else to
    start = integer(request.args, "from")
    start = end - LONGEST_SEARCH if start is None else start
    if not 0 <= end - start <= LONGEST_SEARCH:
        raise Malformed("from, to 파라메터는 최대 90일의 기간이어야 합니다.")
    # A customer whose clock is ahead pays in the merchant's future, however far.
    return start, LATEST if to is None else end


def _mine() -> Select[Payment]:
    return select(Payment).where(Payment.merchant_id == merchant().id)


def _of_order(merchant_uid: str, status: str = "all") -> Select[Payment]:
    _check_status(status)
    return _sorted(_in_status(_mine().where(Payment.merchant_uid == merchant_uid), status))


def _in_status(wanted: Select[Payment], status: str) -> Select[Payment]:
    return wanted if status == "all" else wanted.where(Payment.status == status)


def _check_status(status: str) -> None:
    if status != "all" and status not in REACHED_AT:
        raise Refused(-1, NO_SUCH_STATUS, http=400)


def _sorted(wanted: Select[Payment]) -> Select[Payment]:
    sorting = text(request.args, "sorting") or "-started"
    column = SORTINGS.get(sorting.removeprefix("-"))
    if column is None:
        raise Malformed(f"sorting 파라메터는 {', '.join(SORTINGS)} 중 하나이며, 앞에 -를 붙일 수 있습니다.")
    newest_first = sorting.startswith("-")
    return wanted.order_by(*((column.desc(), Payment.id.desc()) if newest_first else (column.asc(), Payment.id.asc())))


def _one(wanted: Select[Payment]) -> Payment:
    payment = db.session.scalars(wanted.limit(1)).first()
    if payment is None:
        raise Refused(-1, NOT_FOUND, http=404)
    return payment
