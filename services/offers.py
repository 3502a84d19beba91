"""The PGs that a buyer may choose from. A retired PG is offered only where `Desk.offers_retired` says so.

That concerns the choice alone: the guides keep every PG, and a stored key of a retired PG is charged as before.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from errors import PgUnavailable, PlanUnavailable
from models import Plan
from services.desk import Desk
from services.guides import Guide


class Method(StrEnum):
    """What a buyer pays with, by the `pay_method` of the PG, in the order in which a page offers them."""

    CARD = "card"
    ACCOUNT = "trans"


def for_currency(desk: Desk, currency: str) -> list[Guide]:
    """Return the guides of the PGs that a buyer may choose for a plan in this currency.

    Raises:
        PlanUnavailable: when no such PG takes the currency, because the shop sells only what a buyer can pay for.
    """
    offers = [guide for guide in every(desk) if currency in guide.currencies]
    if not offers:
        raise PlanUnavailable(f"no PG on offer takes {currency}", currency=currency)
    return offers


def every(desk: Desk) -> list[Guide]:
    """Return the guides of the PGs on offer, in any currency."""
    with_retired = desk.offers_retired()
    return [guide for guide in desk.guides.values() if with_retired or not guide.is_retired]


def can_sell(desk: Desk, plan: Plan) -> bool:
    """Whether a buyer can subscribe to the plan now: it is on sale, and a PG on offer takes its currency."""
    return plan.is_sold and any(plan.currency in guide.currencies for guide in every(desk))


def by_method(offers: Sequence[Guide]) -> dict[Method, list[Guide]]:
    """Return the guides by the method of their PG, without a method that none of them has."""
    found = {method: [guide for guide in offers if guide.pay_method == method] for method in Method}
    return {method: guides for method, guides in found.items() if guides}


def pick(guides: Mapping[str, Guide], guide_id: str, *, currency: str) -> Guide:
    """Return the guide with this id.

    Raises:
        PgUnavailable: when no guide has this id, or it cannot take the currency.
    """
    guide = guides.get(guide_id)
    if guide is None or currency not in guide.currencies:
        raise PgUnavailable(f"{guide_id!r} cannot take {currency}", pg=guide_id, currency=currency)
    return guide
