"""The guide pages, one per PG. Their code uses the same parameters as the request that the Run button sends."""

import json
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext
from flask_login import current_user

from errors import PgUnavailable
from forms import BuyerForm
from models import Order, Plan, new_uid
from money import Money
from services import catalog, checkout, orders
from services.guides import Guide, Parameter, Variant
from views.buyer_form import buyer_form
from views.highlight import highlight
from views.incoming import desk

bp = Blueprint("guides", __name__, url_prefix="/guides")

SNIPPETS = (
    ("html", "HTML + JavaScript", "subscribe.html"),
    ("python", "Flask", "shop.py"),
    ("bash", "curl", "charge.sh"),
)


@dataclass(frozen=True, kw_only=True)
class Pane:
    """One tab of code: its language, its title, the snippet's file and the finished code."""

    language: str
    title: str
    file: str
    code: str


@bp.get("")
def index() -> str:
    """List the guides."""
    return render_template("guides/index.html", guides=desk().guides.values())


@bp.get("/<guide_id>")
def show(guide_id: str) -> ResponseReturnValue:
    """Show a guide. `?variant=` selects one of its requests, `?order=` shows the result of a run."""
    guide = _guide(guide_id)
    order = _run_of(guide)
    variant = _variant(guide, order)
    plan = catalog.cheapest(guide.currencies[0])
    return render_template(
        "guides/show.html",
        guide=guide,
        variant=variant,
        plan=plan,
        form=_form(guide),
        on_phone=_is_phone(request.user_agent.string),
        panes=_panes(guide, variant, order.subscription.plan if order else plan, order),
        **_run_facts(order),
    )


@bp.get("/<guide_id>/phone")
def phone(guide_id: str) -> ResponseReturnValue:
    """Show the page in the phone-sized frame: the shop's pay button, with an SDK that behaves as on a phone."""
    guide = _guide(guide_id)
    plan = catalog.cheapest(guide.currencies[0])
    return render_template(
        "guides/phone.html",
        guide=guide,
        variant=_variant(guide),
        plan=plan,
        form=_form(guide),
        run_id=new_uid("run"),
        sdk_url=_phone_sdk_url,
    )


bp.add_app_template_filter(highlight)


@bp.app_template_filter("literal")
def literal(value: Any) -> str:
    """Return a value as a JavaScript and JSON literal, safe in a script element. A string is valid Python as well."""
    return json.dumps(value, ensure_ascii=False).replace("</", "<\\/")


def _is_phone(user_agent: str) -> bool:
    """Whether the browser runs on a phone: phones put this word into the user agent, which the SDK reads too."""
    return "Mobi" in user_agent


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


def _run_facts(order: Order | None) -> dict[str, Any]:
    """Return what the page shows of a run (without an order, as before a run), and the id of the next run."""
    return {
        "run_id": new_uid("run"),
        "order": order,
        "first_charge": orders.first_charge(order) if order else None,
        "progress": orders.progress(order) if order else None,
    }


def _form(guide: Guide) -> BuyerForm | None:
    """Return the form filled from the account, with the guide's example for each value that the PG would refuse.

    None if the visitor is not signed in.
    """
    if not current_user.is_authenticated:
        return None
    form = buyer_form([guide])
    for parameter in guide.parameters:
        if parameter.name in form and not (form[parameter.name].data and parameter.takes(form[parameter.name].data)):
            form[parameter.name].data = _example(parameter)
    return form


def _panes(guide: Guide, variant: Variant, plan: Plan, order: Order | None) -> list[Pane]:
    """Return the code with the values of the run, or with examples if there was no run."""
    amount = order.price if order else Money(variant.amount_of(plan.amount), plan.currency)
    charges = guide.charges(amount.minor)
    values = _values(guide, plan, amount, charges=charges) | (_run_values(order) if order else {})
    sent = checkout.request(desk(), order, language=values["language"]) if order else guide.request_for(values, variant)
    next_charge = {"merchant_uid": f"{new_uid('inv')}-1", "order_name": values["plan"], "amount": values["price"]}
    facts = {"guide": guide, "plan": plan, "amount": amount, "values": values, "charges": charges, "sent": sent}
    facts["api_url"] = current_app.config["IMP_API_URL"]
    facts["again"] = guide.again_for(values | next_charge)
    return [
        Pane(language=language, title=title, file=file, code=render_template(f"guides/snippets/{file}.j2", **facts))
        for language, title, file in SNIPPETS
    ]


def _run_values(order: Order) -> dict[str, Any]:
    key = order.billing_key
    return {
        "customer_uid": key.customer_uid,
        "order_name": order.name,
        "buyer_name": key.issue_name,
        "issue_email": key.issue_email,
        "browser_ip": key.issue_ip,
    }


def _values(guide: Guide, plan: Plan, amount: Money, *, charges: bool) -> dict[str, Any]:
    """Return example values by source, as the code shows them before a run of the guide."""
    price = plan.price.to_json()
    language = str(get_locale())
    name = plan.name(language)
    examples = {parameter.source: _example(parameter) for parameter in guide.parameters if parameter.source}
    return examples | {
        "plan": name,
        "price": price,
        "order_name": name if charges else gettext("Registration for %(plan)s", plan=name),
        "amount": amount.to_json(),
        "currency": plan.currency,
        "channel": desk().channel(guide),
        "redirect_url": desk().landing_url,
        "notice_url": desk().notice_url,
        "language": language,
        "issue_email": examples["buyer_email"],
        "browser_ip": "203.0.113.7",
    }


def _example(parameter: Parameter) -> Any:
    example = parameter.example
    return example[str(get_locale())] if isinstance(example, dict) and "ko" in example else example
