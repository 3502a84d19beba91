"""`/control/merchants`: shops beside the one that is there at start, and `/control/reset` of one of them."""

from typing import Any

from flask import Blueprint, Response, current_app, jsonify
from flask.typing import ResponseReturnValue

from ..ledger import storage
from ..ledger.models import Merchant
from ..merchants import channels, clock, register
from ..wire.errors import Refused
from ..wire.parameters import flag
from .asking import asked, merchant_in

bp = Blueprint("merchants", __name__)


@bp.get("/control/merchants")
def index() -> Response:
    """`{"merchants": […]}`, oldest first, without their secrets."""
    return jsonify(merchants=[_as_json(merchant) for merchant in register.all_merchants()])


@bp.post("/control/merchants")
def add() -> ResponseReturnValue:
    """`{"code"?, "key"?, "secret"?, "webhook_url"?, "content_type"?, "channels"?}`: 201 and the merchant, with its
    secret this once. `channels` lists PGs as `pg` names them, `["html5_inicis", "jtnet.MID"]`; without, all."""
    merchant = register.add(asked())
    return jsonify(**_as_json(merchant), secret=merchant.secret), 201


@bp.get("/control/merchants/<code>")
def show(code: str) -> Response:
    return jsonify(_as_json(register.find(code)))


@bp.patch("/control/merchants/<code>")
def change(code: str) -> Response:
    """`{"webhook_url"?, "content_type"?, "channels"?}`: what is not sent stays as it is."""
    merchant = register.find(code)
    register.change(merchant, asked())
    return jsonify(_as_json(merchant))


@bp.delete("/control/merchants/<code>")
def remove(code: str) -> Response:
    """The merchant and everything it had. The one that is there at start can only be reset."""
    merchant = register.find(code)
    if code == current_app.extensions["sandbox_config"].MERCHANT_CODE:
        raise Refused(-1, "the default merchant cannot be deleted; POST /control/reset clears its data", http=409)
    register.remove(merchant)
    return jsonify(removed=code)


@bp.post("/control/reset")
def reset() -> Response:
    """`{"merchant_code"?}`: forget its data and its token, put clock and levers back: as on its first day.

    `{"everything": true}` does so for the whole sandbox, and only the default merchant is left.
    """
    body = asked()
    if flag(body, "everything"):
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
