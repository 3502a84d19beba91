"""Add, change and remove shops beside the default merchant: `/control/merchants`. Reset one: `/control/reset`."""

from typing import Any

from flask import Blueprint, Response, current_app, jsonify
from flask.typing import ResponseReturnValue

from ..ledger import storage
from ..ledger.models import Merchant
from ..merchants import channels, clock, register
from ..wire.errors import Refused
from ..wire.parameters import Malformed, flag
from .incoming import customer_uids_in, merchant_in, sent_fields

bp = Blueprint("merchants", __name__)


@bp.get("/control/merchants")
def index() -> Response:
    """Answer `{"merchants": […]}`, oldest first, without their secrets."""
    return jsonify(merchants=[_as_json(merchant) for merchant in register.all_merchants()])


@bp.post("/control/merchants")
def add() -> ResponseReturnValue:
    """Read `{"code"?, "key"?, "secret"?, "webhook_url"?, "content_type"?, "channels"?}`. Add a merchant.

    `channels` lists PGs as the parameter `pg` names them, `["html5_inicis", "jtnet.MID"]`; without it, the merchant
    has all, and with an empty list none. Answer 201 and the merchant. Only this answer contains its secret.
    """
    merchant = register.add(sent_fields())
    return jsonify(**_as_json(merchant), secret=merchant.secret), 201


@bp.get("/control/merchants/<code>")
def show(code: str) -> Response:
    """Answer one merchant, without its secret."""
    return jsonify(_as_json(register.find(code)))


@bp.patch("/control/merchants/<code>")
def change(code: str) -> Response:
    """Read `{"webhook_url"?, "content_type"?, "channels"?}`. Change what was sent; the rest stays as it is."""
    merchant = register.find(code)
    register.change(merchant, sent_fields())
    return jsonify(_as_json(merchant))


@bp.delete("/control/merchants/<code>")
def remove(code: str) -> Response:
    """Remove the merchant and everything it had. The default merchant can only be reset."""
    merchant = register.find(code)
    if code == current_app.extensions["sandbox_config"].MERCHANT_CODE:
        raise Refused(-1, "the default merchant cannot be deleted; POST /control/reset clears its data", http=409)
    register.remove(merchant)
    return jsonify(removed=code)


@bp.post("/control/reset")
def reset() -> Response:
    """Read `{"merchant_code"?}`. Restore this merchant's first state: no data, no token, clock and levers at default.

    With `customer_uid`, one or a list, erase only what belongs to these customers, and reset their clocks.
    `{"everything": true}` erases the whole sandbox, and only the default merchant is left.
    """
    body = sent_fields()
    customer_uids = customer_uids_in(body)
    if customer_uids and flag(body, "everything"):
        raise Malformed("send customer_uid or everything, not both")
    if customer_uids:
        register.reset_customers(merchant_in(body), customer_uids)
    elif flag(body, "everything"):
        storage.erase()
        register.add_default(current_app.extensions["sandbox_config"])
    else:
        register.reset(merchant_in(body))
    return jsonify(reset=True)


def _as_json(merchant: Merchant) -> dict[str, Any]:
    return {
        "code": merchant.code,
        "key": merchant.key,
        "webhook_url": merchant.webhook_url,
        "content_type": register.content_type(merchant),
        "channels": [channel.pg for channel in channels.channels(merchant)],
        "now": clock.of(merchant),
    }
