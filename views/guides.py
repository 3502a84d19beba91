"""The guide pages, one per PG. Their code uses the same parameters as the request that the Run button sends."""

from collections.abc import Hashable
from typing import Any

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

import clock
from errors import PgUnavailable
from forms import BuyerForm, ChargeForm
from models import Order, Plan, Subscription, new_uid
from services import catalog, guide_runs, orders, subscriptions
from services.guides import Guide, Variant
from views.buyer_form import buyer_form
from views.fragments import kept
from views.incoming import desk, is_phone
from views.panes import code_of, example_of, facts_of
from views.request_fields import fields_of, offers_of

bp = Blueprint("guides", __name__, url_prefix="/guides")


@bp.get("")
def index() -> str:
    """List the guides."""
    return render_template("guides/index.html", guides=desk().guides.values())


@bp.get("/compare")
def compare() -> str:
    """Show what differs between the PGs, on one page to print."""
    return render_template("guides/compare.html", guides=desk().guides.values())


@bp.get("/<guide_id>")
def show(guide_id: str) -> ResponseReturnValue:
    """Show a guide. `?variant=` selects one of its requests, `?order=` shows the result of a run."""
    guide = _guide(guide_id)
    order = _run_of(guide)
    variant = _variant(guide, order)
    form = _form(guide)
    example = None if form else _example(guide, variant)
    facts = kept("facts", example, lambda: _facts(guide, variant, order, form))
    return render_template(
        "guides/show.html", guide=guide, variant=variant, form=form, example=example, **facts | _run_facts(order)
    )


@bp.get("/<guide_id>/frame")
def frame(guide_id: str) -> ResponseReturnValue:
    """Show the page in a frame of the workbench: the shop's pay button. `?device=mobile`: with an SDK as on a phone."""
    guide = _guide(guide_id)
    return render_template(
        "guides/frame.html",
        guide=guide,
        variant=_variant(guide),
        plan=_plan(guide),
        form=_form(guide),
        run_id=new_uid("run"),
        device="mobile" if request.args.get("device") == "mobile" else "pc",
        phone_sdk_url=_phone_sdk_url,
    )


def _plan(guide: Guide) -> Plan:
    return catalog.cheapest(guide.currencies[0])


def _example(guide: Guide, variant: Variant) -> tuple[Hashable, ...]:
    """Return all that the panels depend on while they show no run and no values of an account.

    The plan is read once a minute: it is only an example for a visitor who cannot buy it here.
    """
    minute = int(desk().machine_now().timestamp()) // 60
    offer = kept("offer", (guide.id,), lambda: _offer(_plan(guide)), version=minute)
    return guide.id, variant.id, is_phone(request.user_agent.string), offer


def _offer(plan: Plan) -> tuple[Hashable, ...]:
    return plan.slug, plan.name_ko, plan.name_en, plan.price


def _phone_sdk_url(url: str) -> str:
    """Return the SDK's address with an argument that makes it behave as on a phone, whatever the user agent says.

    An SDK that does not know the argument ignores it.
    """
    return f"{url}{'&' if '?' in url else '?'}device=mobile"


def _guide(guide_id: str) -> Guide:
    return desk().guides.get(guide_id) or abort(404)


def _variant(guide: Guide, order: Order | None = None) -> Variant:
    try:
        return guide.variant(order.variant if order else request.args.get("variant", ""))
    except PgUnavailable:
        abort(404)


def _run_of(guide: Guide) -> Order | None:
    """Return the order named in the URL if it is the signed-in user's run of this guide, else None."""
    if not current_user.is_authenticated:
        return None
    order = orders.find(request.args.get("order", ""), user=current_user)
    return order if order is not None and order.guide_id == guide.id and order.issues_key else None


def _facts(guide: Guide, variant: Variant, order: Order | None, form: BuyerForm | None) -> dict[str, Any]:
    """Return what code and request panel show. Without test payments it is not an editor: a run would charge money."""
    plan = _plan(guide)
    facts = facts_of(guide, variant, order.subscription.plan if order else plan, order, buyer=form.data if form else {})
    paid = orders.last_paid(current_user) if form else ""
    return {
        "guides": list(desk().guides.values()),
        "plan": plan if form else None,
        "on_phone": is_phone(request.user_agent.string),
        "sent": facts["sent"],
        "api_url": facts["api_url"],
        **code_of(facts, order),
        "editor": desk().takes_test_payments,
        "fields": fields_of(guide, facts["sent"]),
        **offers_of(guide, variant, paid=paid),
    }


def _run_facts(order: Order | None) -> dict[str, Any]:
    """Return what the page shows of a run (without an order, as before a run), and the id of the next run."""
    return {
        "run_id": new_uid("run"),
        "order": order,
        "first_charge": orders.first_charge(order) if order else None,
        "progress": orders.progress(order) if order else None,
        "charge_form": _charge_form(order.subscription) if order else None,
        "ended": guide_runs.ended_by(order) if order else (),
    }


def _charge_form(subscription: Subscription) -> ChargeForm | None:
    """Return the form that charges the next period with the stored key, or None while there is nothing to charge."""
    period = subscriptions.chargeable_period(subscription, now=clock.now())
    return ChargeForm(period_start=period.period_start) if period else None


def _form(guide: Guide) -> BuyerForm | None:
    """Return the form filled from the account, with the guide's example for each value that the PG would refuse.

    None if the visitor is not signed in.
    """
    if not current_user.is_authenticated:
        return None
    form = buyer_form([guide])
    for parameter in guide.parameters:
        if parameter.name in form and not (form[parameter.name].data and parameter.takes(form[parameter.name].data)):
            form[parameter.name].data = example_of(parameter)
    return form
