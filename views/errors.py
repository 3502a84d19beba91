"""Turn errors into answers. Only this module knows the HTTP status and the sentence for each `code`."""

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError

from errors import AlreadySubscribed, ShopError, StillPaid
from models import db
from views.incoming import leads_out, wants_json
from views.templating import seoul_date

bp = Blueprint("errors", __name__)

FOR_USERS = ("checkout", "orders", "subscriptions", "admin")
"""Blueprints, or the beginnings of their names, whose forms need a signed-in user."""

NO_WORDS: Mapping[str, str] = MappingProxyType({})

ANSWERS = {
    "invalid_request": (400, _("Please check what you entered.")),
    "plan_unavailable": (404, _("This plan is not for sale. Please choose another one.")),
    "pg_unavailable": (400, _("This payment provider cannot charge for this plan. Please choose another provider.")),
    "order_not_found": (404, _("This order does not exist.")),
    "charge_in_progress": (409, _("A payment for this subscription is in progress. Please check again in a minute.")),
    "key_not_confirmed": (
        409,
        _("The payment provider has not confirmed the payment method yet. Please try again in a few minutes."),
    ),
    "nothing_to_charge": (409, _("There is nothing to pay. The period is paid, or the subscription has ended.")),
    "out_of_date": (409, _("This has changed since the page was shown, so nothing was done. Please reload the page.")),
    "already_subscribed": (409, _("You already have this plan. Buy a second one?")),
    "still_paid": (
        409,
        _(
            "You cancelled this plan, and it is paid until %(until)s. A new subscription starts and is charged now, so "
            "the two overlap. Buy it now?"
        ),
    ),
    "payment_service_down": (
        503,
        _("The payment service does not respond. Nothing was charged. Please try again in a minute."),
    ),
    "payment_service_busy": (
        503,
        _("The payment service is busy. Nothing was charged. Please try again in a minute."),
    ),
    "payment_service_refused": (502, _("The payment service refused the request: %(detail)s")),
    "csrf": (
        400,
        _("This page is from an earlier visit, so nothing was done. Please reopen it and try again."),
    ),
    "untrusted_host": (400, _("The shop is not available at this address. Please check the address.")),
    "http_401": (401, _("You are not signed in any more, so nothing was done. Please sign in and continue.")),
    "http_403": (403, _("You do not have permission.")),
    "http_404": (404, _("This page does not exist, or you do not have access to it.")),
    "http_405": (405, _("This page does not accept that request.")),
    "http_413": (413, _("The request is too large.")),
    "http_429": (429, _("Too many attempts. Please wait a few minutes before you try again.")),
    "http_500": (
        500,
        _("Something went wrong on our side. Please check your payment history before you try again."),
    ),
}


@bp.app_errorhandler(ShopError)
def shop_error(err: ShopError) -> ResponseReturnValue:
    """Roll back and answer with the status and sentence of the error's code."""
    db.session.rollback()
    words = {"detail": err.detail}
    if isinstance(err, StillPaid):
        words["until"] = seoul_date(err.until)
    if not isinstance(err, AlreadySubscribed | StillPaid):
        return answer(err.code, words=words, fields=err.facts.get("fields"))
    page = url_for("subscriptions.show", subscription_id=err.beside)
    return answer(err.code, words=words, back=page, confirm={"beside": err.beside})


@bp.app_errorhandler(CSRFError)
def csrf_error(err: CSRFError) -> ResponseReturnValue:
    """Answer a form whose session is gone: the user signed out, signed in again, or cleared the cookies.

    Where the form needs a signed-in user and there is none, lead to sign-in: reopening the page would not help.
    """
    needs_user = (request.blueprint or "").startswith(FOR_USERS)
    return (
        unauthorized() if needs_user and not current_user.is_authenticated else answer("csrf", back=_page_of_the_form())
    )


def _page_of_the_form() -> str:
    """Return the page that the browser came from. If it needs a signed-in user, it leads to sign-in and back.

    If the browser came from another site or named no page, return the sign-in page.
    """
    came_from = urlsplit(request.referrer or "")
    page = f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path
    return url_for("account.sign_in") if came_from.netloc != request.host or leads_out(page) else page


def refuse_untrusted_host() -> None:
    """Raise what Flask found wrong with the host, before another check needs a page. Register with `before_request`."""
    if isinstance(request.routing_exception, SecurityError):
        raise request.routing_exception


@bp.app_errorhandler(SecurityError)
def untrusted_host(err: SecurityError) -> ResponseReturnValue:
    """Refuse a request to a host outside `TRUSTED_HOSTS`, in plain text: Flask builds no links for such a host."""
    if wants_json():
        return answer("untrusted_host")
    status, sentence = ANSWERS["untrusted_host"]
    return Response(f"{sentence} (untrusted_host)\n", status, mimetype="text/plain")


@bp.app_errorhandler(HTTPException)
def http_error(err: HTTPException) -> ResponseReturnValue:
    """Return a redirect, or an answer that a limit has prepared, unchanged; else a page in the reader's language."""
    if err.code is None or err.code < 400 or err.response is not None:
        return err
    code = f"http_{err.code}"
    if code not in ANSWERS:
        code = "http_500" if err.code >= 500 else "invalid_request"
    return answer(code, status=err.code)


def answer(
    code: str, *, status: int | None = None, words: Mapping[str, str] = NO_WORDS, back: str = "", **more: object
) -> ResponseReturnValue:
    """Return the page, or for a script the JSON, of an error code.

    `words` fill the sentence. `back` is the path where the user can go on; a script receives it as `location`. A script
    also receives what is set in `more`: `fields`, messages by form field, and `confirm`, the fields that answer a
    question with yes.
    """
    usual, sentence = ANSWERS.get(code, ANSWERS["http_500"])
    message = str(sentence) % words if "%(" in str(sentence) else str(sentence)
    status = status or usual
    if wants_json():
        optional = {"location": back, **more}
        body = {"code": code, "message": message} | {name: value for name, value in optional.items() if value}
        return jsonify(body), status
    g.is_error = True
    facts = {"code": code, "message": message, "status": status, "title": _title(status), "back": back}
    return render_template("errors/error.html", **facts), status


def _title(status: int) -> str:
    if status == 404:
        title: str = gettext("Not found")
    elif status < 500:
        title = gettext("That did not work")
    else:
        title = gettext("Something went wrong")
    return title


def unauthorized() -> ResponseReturnValue:
    """Answer a request that needs a signed-in user: a script gets 401, a person the sign-in page.

    Sign-in leads on to the page that was wanted. A form cannot be sent again, so it leads back to the page of the form.
    """
    if request.method == "GET" and not wants_json():
        return redirect(url_for("account.sign_in", next=request.full_path.rstrip("?")))
    sign_in, page = url_for("account.sign_in"), _page_of_the_form()
    again = url_for("account.sign_in", next=url_for("subscriptions.index") if page == sign_in else page)
    if wants_json():
        return answer("http_401", back=again)
    flash(str(ANSWERS["http_401"][1]), "error")
    return redirect(again)
