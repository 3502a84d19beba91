"""``/subscribe/customers/{customer_uid}``: the stored billing keys."""

from __future__ import annotations

from flask import Blueprint, Response

from sandbox import keys
from sandbox.api.access import authenticate, merchant
from sandbox.api.body import fields
from sandbox.api.envelope import answer
from sandbox.api.objects import key_object
from sandbox.clock import now

bp = Blueprint("customers", __name__, url_prefix="/subscribe/customers")
bp.before_request(authenticate)


@bp.get("/<customer_uid>")
def show(customer_uid: str) -> Response:
    return answer(key_object(keys.get(merchant(), customer_uid)))


@bp.post("/<customer_uid>")
def issue(customer_uid: str) -> Response:
    """By card number, without a window: for shops that may see one, and for seeding a demonstration."""
    return answer(key_object(keys.issue_by_card(merchant(), customer_uid, fields(), now())))


@bp.delete("/<customer_uid>")
def delete(customer_uid: str) -> Response:
    """Final: from then on the ``customer_uid`` is an unknown one."""
    return answer(key_object(keys.remove(merchant(), customer_uid)))
