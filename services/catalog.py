"""The plans that this shop sells."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from errors import PlanUnavailable
from models import Plan, db

PLANS = (
    {
        "slug": "trial-monthly",
        "name_ko": "맛보기 상자",
        "name_en": "Taster box",
        "summary_ko": "매달 작은 봉투 하나. 결제 흐름을 가볍게 살펴보기에 좋습니다.",
        "summary_en": "One small envelope a month. Good for trying the payment flow.",
        "amount": 1004,
        "currency": "KRW",
        "months": 1,
    },
    {
        "slug": "coffee-monthly",
        "name_ko": "원두 월간 구독",
        "name_en": "Beans every month",
        "summary_ko": "그달에 볶은 원두 두 봉지를 매달 집으로 보냅니다.",
        "summary_en": "Two bags of freshly roasted beans, at your door every month.",
        "amount": 19900,
        "currency": "KRW",
        "months": 1,
    },
    {
        "slug": "coffee-yearly",
        "name_ko": "원두 연간 구독",
        "name_en": "Beans for a year",
        "summary_ko": "한 번 결제로 열두 달. 두 달치를 아낍니다.",
        "summary_en": "Twelve months with one payment. Two of them are on us.",
        "amount": 199000,
        "currency": "KRW",
        "months": 12,
    },
    {
        "slug": "global-monthly",
        "name_ko": "해외 배송 상자",
        "name_en": "Worldwide box",
        "summary_ko": "한국의 맛 한 상자를 매달 해외로 보냅니다. 달러로 결제합니다.",
        "summary_en": "A box of Korean flavours, shipped abroad every month. Billed in dollars.",
        "amount": 4999,
        "currency": "USD",
        "months": 1,
    },
)
"""The plans that `flask seed` adds. Amounts are minor units."""

_CHEAPEST = (
    select(Plan)
    .where(Plan.currency == bindparam("currency"))
    .order_by(Plan.is_sold.desc(), Plan.amount, Plan.id)
    .limit(1)
)
"""Built once: building it takes as long as running it, and every guide needs it."""


def plans_on_sale() -> Sequence[Plan]:
    """Return the plans on sale, in the order in which the catalog shows them."""
    return db.session.scalars(select(Plan).where(Plan.is_sold).order_by(Plan.position)).all()


def plan_on_sale(slug: str) -> Plan:
    """Return the plan with this slug.

    Raises:
        PlanUnavailable: when no such plan is on sale.
    """
    plan = db.session.scalar(select(Plan).where(Plan.slug == slug, Plan.is_sold))
    if plan is None:
        raise PlanUnavailable(f"no plan {slug!r}", slug=slug)
    return plan


def cheapest(currency: str) -> Plan:
    """Return the plan that a guide page buys: the cheapest in this currency.

    If no plan in the currency is on sale, return one that no longer is, so that the page can still be read.

    Raises:
        PlanUnavailable: when the shop never had a plan in the currency.
    """
    plan = db.session.scalar(_CHEAPEST, {"currency": currency})
    if plan is None:
        raise PlanUnavailable(f"no plan in {currency}", currency=currency)
    return plan


def seed() -> int:
    """Add the plans that are missing and return how many are new. Existing plans stay unchanged."""
    known = set(db.session.scalars(select(Plan.slug)))
    new = [Plan(**plan, position=n) for n, plan in enumerate(PLANS) if plan["slug"] not in known]
    db.session.add_all(new)
    db.session.commit()
    return len(new)
