"""`/cards` and `/banks`: the names of card companies and banks by their codes."""

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
    """Answer with every card company."""
    return answer(_listed(CARDS))


@bp.get("/cards/<code>")
def card(code: str) -> Response:
    """Answer with one card company; 404 for an unknown code."""
    return answer(_one(CARDS, code))


@bp.get("/banks")
def banks() -> Response:
    """Answer with every bank."""
    return answer(_listed(BANKS))


@bp.get("/banks/<code>")
def bank(code: str) -> Response:
    """Answer with one bank; 404 for an unknown code."""
    return answer(_one(BANKS, code))


def _listed(names: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"code": code, "name": name} for code, name in names.items()]


def _one(names: Mapping[str, str], code: str) -> dict[str, str]:
    if code not in names:
        raise Refused(-1, NO_SUCH_CODE, http=404, ours=True)
    return {"code": code, "name": names[code]}
