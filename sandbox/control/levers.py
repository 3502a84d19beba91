"""Show and set the levers that keep their value: `/control/levers`, and `/control/strictness` for one of them."""

from flask import Blueprint, Response, jsonify

from ..ledger.transactions import exclusive
from ..merchants import levers
from ..wire.parameters import Malformed
from .incoming import merchant_in, sent_fields

bp = Blueprint("levers", __name__)


@bp.get("/control/levers")
def show() -> Response:
    """Answer the values as `levers`, and what each lever accepts as `choices`.

    The shape is `{"levers": {name: value}, "choices": {name: {"default", "title_ko", "title_en", "most"?,
    "choices"?}}}`.
    """
    choices = {
        lever.name: {
            "default": lever.default,
            "title_ko": lever.title_ko,
            "title_en": lever.title_en,
            **({"most": lever.most} if lever.most else {}),
            **({"choices": lever.choices} if lever.choices else {}),
        }
        for lever in levers.LEVERS.values()
    }
    return jsonify(levers=levers.settings(merchant_in(sent_fields())), choices=choices)


@bp.post("/control/levers")
def pull() -> Response:
    """Read `{name: value, …}`. Set all these levers, or none of them when one value is wrong.

    Answer every lever of the merchant as `{"levers": {name: value}}`.
    """
    body = sent_fields()
    merchant = merchant_in(body)
    wanted = {name: value for name, value in body.items() if name != "merchant_code"}
    with exclusive(merchant):
        for name, value in wanted.items():
            levers.set(merchant, name, value)
    return jsonify(levers=levers.settings(merchant))


@bp.post("/control/strictness")
def set_strictness() -> Response:
    """Read `{"strict": true | false}`. When true, also refuse what only the official schema forbids."""
    body = sent_fields()
    if "strict" not in body:
        raise Malformed("strict must be true or false")
    merchant = merchant_in(body)
    with exclusive(merchant):
        levers.set(merchant, "strict", body["strict"])
    return jsonify(strict=levers.get(merchant, "strict"))
