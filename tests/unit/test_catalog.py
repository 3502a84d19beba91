"""The plans on sale."""

import pytest

from errors import PlanUnavailable
from models import Plan, db
from services import catalog


def test_the_shelves_hold_monthly_yearly_dollar_and_cheap(app):
    plans = {plan.slug: (plan.price.minor, plan.currency, plan.months) for plan in catalog.plans_on_sale()}

    assert plans == {
        "trial-monthly": (1004, "KRW", 1),
        "coffee-monthly": (19900, "KRW", 1),
        "coffee-yearly": (199000, "KRW", 12),
        "global-monthly": (4999, "USD", 1),
    }


def test_every_plan_has_words_in_both_languages(app):
    words = [(p.name_ko, p.name_en, p.summary_ko, p.summary_en) for p in catalog.plans_on_sale()]

    assert all(all(texts) and len(set(texts)) == 4 for texts in words)


def test_seeding_again_leaves_what_is_there(app, plan):
    plan.amount = 25000
    db.session.commit()

    assert catalog.seed() == 0
    assert catalog.plan_on_sale("coffee-monthly").amount == 25000


def test_a_plan_taken_off_the_shelves_is_neither_listed_nor_sold(app, plan):
    plan.is_sold = False
    db.session.commit()

    assert "coffee-monthly" not in [p.slug for p in catalog.plans_on_sale()]
    with pytest.raises(PlanUnavailable):
        catalog.plan_on_sale("coffee-monthly")


def test_an_unknown_plan_is_not_sold(app):
    with pytest.raises(PlanUnavailable):
        catalog.plan_on_sale("gold-bars")


@pytest.mark.parametrize(("currency", "slug"), [("KRW", "trial-monthly"), ("USD", "global-monthly")])
def test_a_guide_buys_the_cheapest_of_its_currency(app, currency, slug):
    assert catalog.cheapest(currency).slug == slug


def test_a_guide_is_read_with_a_plan_that_is_sold_no_more_where_no_other_is_left(app, plan, dollar_plan):
    dollar_plan.is_sold = catalog.cheapest("KRW").is_sold = False
    db.session.commit()

    assert catalog.cheapest("USD") is dollar_plan
    assert catalog.cheapest("KRW") is plan


def test_there_is_no_cheapest_where_nothing_was_ever_sold(app):
    with pytest.raises(PlanUnavailable):
        catalog.cheapest("EUR")


def test_plans_stand_in_their_order(app):
    db.session.add(Plan(**{**catalog.PLANS[0], "slug": "first"}, position=-1))
    db.session.commit()

    assert catalog.plans_on_sale()[0].slug == "first"
