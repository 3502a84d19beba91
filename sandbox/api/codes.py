"""`/cards` and `/banks`: what the codes in a record stand for."""

from collections.abc import Mapping

from flask import Blueprint, Response

from ..facts.codes import BANKS, CARDS
from ..wire.errors import Refused
from .access import authenticate
from .envelope import answer

bp = Blueprint("codes", __name__)
bp.before_request(authenticate)

NO_SUCH_CODE = "존재하지 않는 기관코드입니다."


@bp.get("/cards")
def cards() -> Response:
    return answer(_listed(CARDS))


@bp.get("/cards/<code>")
def card(code: str) -> Response:
    return answer(_one(CARDS, code))


@bp.get("/banks")
def banks() -> Response:
    return answer(_listed(BANKS))


@bp.get("/banks/<code>")
def bank(code: str) -> Response:
    return answer(_one(BANKS, code))


def _listed(names: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"code": code, "name": name} for code, name in names.items()]


def _one(names: Mapping[str, str], code: str) -> dict[str, str]:
    if code not in names:
        raise Refused(-1, NO_SUCH_CODE, http=404, ours=True)
    return {"code": code, "name": names[code]}
