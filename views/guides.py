"""The guide pages, one per PG. Their code uses the same parameters as the request that the Run button sends."""

from typing import Any

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

import clock
from errors import PgUnavailable
from forms import BuyerForm, ChargeForm
from models import Order, Subscription, new_uid
from services import catalog, orders, subscriptions
from services.guides import Guide, Variant
from views.buyer_form import buyer_form
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
    plan = catalog.cheapest(guide.currencies[0])
    form = _form(guide)
    facts = facts_of(guide, variant, order.subscription.plan if order else plan, order, buyer=form.data if form else {})
    return render_template(
        "guides/show.html",
        variant=variant,
        form=form,
        **code_of(facts, order),
        **facts | {"plan": plan} | _request_facts(guide, variant, facts["sent"]) | _run_facts(order),
    )


@bp.get("/<guide_id>/frame")
def frame(guide_id: str) -> ResponseReturnValue:
    """Show the page in a frame of the workbench: the shop's pay button. `?device=mobile`: with an SDK as on a phone."""
    guide = _guide(guide_id)
    plan = catalog.cheapest(guide.currencies[0])
    return render_template(
        "guides/frame.html",
        guide=guide,
        variant=_variant(guide),
        plan=plan,
        form=_form(guide),
        run_id=new_uid("run"),
        device="mobile" if request.args.get("device") == "mobile" else "pc",
        phone_sdk_url=_phone_sdk_url,
    )


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


def _request_facts(guide: Guide, variant: Variant, sent: dict[str, Any]) -> dict[str, Any]:
    """Return what the request panel shows. Without test payments it is not an editor: a run would charge money."""
    paid = orders.last_paid(current_user) if current_user.is_authenticated else ""
    return {
        "guides": desk().guides.values(),
        "editor": desk().takes_test_payments,
        "on_phone": is_phone(request.user_agent.string),
        "fields": fields_of(guide, sent),
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
