"""`/payments`: reading one, several, or all of a status. Cancels are in `cancel`, registered amounts in `prepare`."""

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
from ..wire.parameters import Malformed, integer, missing, texts
from .access import authenticate, merchant
from .body import query
from .envelope import answer
from .objects import payment_object
from .paging import paged

bp = Blueprint("payments", __name__, url_prefix="/payments")
bp.before_request(authenticate)

NO_SUCH_STATUS = "지원되지 않는 상태값입니다."

REACHED = {
    "ready": Payment.started_at,
    "paid": Payment.paid_at,
    "cancelled": Payment.cancelled_at,
    "failed": Payment.failed_at,
}
"""Status → when it was reached."""

SORTINGS = {"started": Payment.started_at, "paid": Payment.paid_at, "updated": Payment.updated_at}
"""`sorting` → column; a `-` in front means newest first. Within a second the order of arrival decides."""

MOST_IDS = 100

DAY = 86_400
LONGEST_SEARCH = 90 * DAY


@bp.get("/<imp_uid>")
def show(imp_uid: str) -> Response:
    return answer(payment_object(entries.get(merchant(), imp_uid)))


@bp.get("/<imp_uid>/balance")
def show_balance(imp_uid: str) -> Response:
    """What was paid by which means, net of cancels; only two PGs tell."""
    return answer(balances.of(entries.get(merchant(), imp_uid)))


@bp.get("")
def show_several() -> Response:
    """By `imp_uid[]` and `merchant_uid[]`: 200 when each was found, 207 when some were, 404 when none was."""
    imp_uids, merchant_uids = _ids_asked_for()
    most = 1 if levers.get(merchant(), "several_attempts") == "newest" else MOST_IDS
    wanted = [_mine().where(Payment.imp_uid == imp_uid) for imp_uid in dict.fromkeys(imp_uids)]
    wanted += [_of_order(merchant_uid).limit(most) for merchant_uid in dict.fromkeys(merchant_uids)]
    found = [payments for one in wanted if (payments := db.session.scalars(one).all())]
    if not found:
        raise Refused(-1, NOT_FOUND, http=404)
    # The same payment may have been asked for by both of its ids.
    objects = [payment_object(payment) for payment in dict.fromkeys(chain.from_iterable(found))]
    return answer(objects, http=200 if len(found) == len(wanted) else 207)


def _ids_asked_for() -> tuple[list[str], list[str]]:
    """Each `imp_uid[]` and each `merchant_uid[]` of the query.

    Raises:
        Malformed: there is none, or more than `MOST_IDS`.
    """
    asked = query()
    imp_uids, merchant_uids = texts(asked, "imp_uid"), texts(asked, "merchant_uid")
    if not imp_uids and not merchant_uids:
        raise missing("imp_uid[], merchant_uid[]")
    if len(imp_uids) + len(merchant_uids) > MOST_IDS:
        raise Malformed(f"한 번에 {MOST_IDS}건까지 조회할 수 있습니다.")
    return imp_uids, merchant_uids


@bp.get("/find/<merchant_uid>")
@bp.get("/find/<merchant_uid>/<status>")
def find(merchant_uid: str, status: str = "all") -> Response:
    """The first in `sorting`: without a status a newer failed attempt hides an older paid one."""
    return answer(payment_object(_one(_of_order(merchant_uid, status))))


@bp.get("/findAll/<merchant_uid>")
@bp.get("/findAll/<merchant_uid>/<status>")
def find_all(merchant_uid: str, status: str = "all") -> Response:
    """Every attempt of one order."""
    page = paged(_of_order(merchant_uid, status), payment_object)
    if not page["total"]:
        raise Refused(-1, NOT_FOUND, http=404)
    return answer(page)


@bp.get("/status/<status>")
def with_status(status: str) -> Response:
    """Whatever reached its present status between `from` and `to`, 90 days at most, the last 90 by default."""
    _check_status(status)
    start, end = _search_range()
    reached = case(*((Payment.status == name, at) for name, at in REACHED.items()))
    return answer(paged(_sorted(_in_status(_mine(), status).where(reached.between(start, end))), payment_object))


def _search_range() -> tuple[int, int]:
    """Unix seconds from and to which is searched, both included. Raises `Malformed`."""
    asked = integer(request.args, "to")
    end = of(merchant()) if asked is None else asked
    start = integer(request.args, "from")
    start = end - LONGEST_SEARCH if start is None else start
    if not 0 <= end - start <= LONGEST_SEARCH:
        raise Malformed("from, to 파라메터는 최대 90일의 기간이어야 합니다.")
    # A customer whose clock is ahead pays in what is the future for the merchant, however far.
    return start, LATEST if asked is None else end


def _mine() -> Select[Payment]:
    return select(Payment).where(Payment.merchant_id == merchant().id)


def _of_order(merchant_uid: str, status: str = "all") -> Select[Payment]:
    _check_status(status)
    return _sorted(_in_status(_mine().where(Payment.merchant_uid == merchant_uid), status))


def _in_status(wanted: Select[Payment], status: str) -> Select[Payment]:
    return wanted if status == "all" else wanted.where(Payment.status == status)


def _check_status(status: str) -> None:
    if status != "all" and status not in REACHED:
        raise Refused(-1, NO_SUCH_STATUS, http=400)


def _sorted(wanted: Select[Payment]) -> Select[Payment]:
    sorting = request.args.get("sorting") or "-started"
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
