"""The form for the buyer's name, e-mail, phone and PG, on the checkout, card and guide pages."""

from collections.abc import Mapping
from typing import Any

from flask import request
from flask_babel import get_locale
from flask_login import current_user
from wtforms import SelectChoice  # type: ignore[attr-defined]  # newer than its types

from errors import InvalidRequest
from forms import BuyerForm
from services import orders
from services.checkout import Buyer
from services.guides import Guide
from services.run_events import DEVICES
from views.incoming import is_phone, sent_text


def buyer_form(offers: list[Guide]) -> BuyerForm:
    """Return the form for a page, filled from the signed-in account, with the first PG selected."""
    form = BuyerForm(
        buyer_name=current_user.name, buyer_email=current_user.email, buyer_tel=current_user.tel, guide=offers[0].id
    )
    form.guide.choices = _choices(offers)
    if len(offers) == 1 and not offers[0].parameter("buyer_name").takes(form.buyer_name.data or ""):
        form.buyer_name.data = ""  # the only PG would refuse it; its hint says what to type
    return form


def retry_form(offers: list[Guide]) -> BuyerForm:
    """Return the same form for a page whose URL may name a PG and an order to retry: `?guide=chai&order=…`."""
    form = buyer_form(offers)
    wanted = request.args.get("guide", "")
    if wanted in (guide.id for guide in offers):
        form.guide.data = wanted
    order = orders.find(request.args.get("order", ""), user=current_user)
    if order is not None:
        form.buyer_name.data = order.buyer_name
        form.buyer_email.data = order.buyer_email
        form.buyer_tel.data = order.buyer_tel
    return form


def posted_form(fields: Mapping[str, Any], offers: list[Guide]) -> BuyerForm:
    """Return the form filled from a JSON object. Flask-WTF has already checked the CSRF token, in the header.

    Raises:
        InvalidRequest: when a field is invalid; `fields` holds the messages by field.
    """
    texts = {name: value for name, value in fields.items() if isinstance(value, str)}
    form = BuyerForm(formdata=None, data=texts, meta={"csrf": False})
    form.guide.choices = _choices(offers)
    if not form.validate():
        raise InvalidRequest("fields", fields={name: [str(e) for e in errors] for name, errors in form.errors.items()})
    return form


def buyer_of(form: BuyerForm) -> Buyer:
    """Return the buyer whom the form describes, with the address and language of this request."""
    return Buyer(
        name=form.buyer_name.data or "",
        email=form.buyer_email.data or "",
        tel=form.buyer_tel.data or "",
        ip=request.remote_addr or "",
        language=str(get_locale()),
        device=_device(),
    )


def _device() -> str:
    """Return the device on which the SDK runs: as the page reports it, else by the user agent, as the SDK does."""
    reported = sent_text("device")
    if reported in DEVICES:
        return reported
    return "mobile" if is_phone(request.user_agent.string) else "pc"


def _choices(offers: list[Guide]) -> list[SelectChoice]:
    return [SelectChoice(guide.id, guide.name[str(get_locale())]) for guide in offers]
