"""`/vbanks`: virtual accounts, opened by a server."""

from typing import Any

from flask import Blueprint, Response

from ..ledger import entries
from ..merchants.clock import of
from ..products import vbanks
from ..webhooks import delivery
from .access import authenticate, merchant
from .body import fields, query
from .envelope import answer
from .objects import payment_object

bp = Blueprint("vbanks", __name__, url_prefix="/vbanks")
bp.before_request(authenticate)


@bp.post("")
def issue() -> Response:
    """Open an account. Answer with a `ready` payment, which a deposit (`POST /control/deposits`) makes `paid`."""
    payment = vbanks.issue(merchant(), _sent(), of(merchant()))
    delivery.announce(payment)
    return answer(payment_object(payment))


@bp.get("/holder")
def holder() -> Response:
    """Answer with the holder of an account that the sandbox has issued; 404 for any other."""
    return answer({"bank_holder": vbanks.holder_of(merchant(), query())})


@bp.put("/<imp_uid>")
def change(imp_uid: str) -> Response:
    """Change the amount or the due time of an account that awaits its deposit."""
    return answer(payment_object(vbanks.change(entries.get(merchant(), imp_uid), fields(), of(merchant()))))


@bp.delete("/<imp_uid>")
def revoke(imp_uid: str) -> Response:
    """Close an account that awaits its deposit."""
    return answer(payment_object(vbanks.revoke(entries.get(merchant(), imp_uid), _sent(), of(merchant()))))


def _sent() -> dict[str, Any]:
    """Return the fields of the body, and `pg_api_key`, which the schema puts into the query."""
    return {"pg_api_key": query().get("pg_api_key"), **fields()}
