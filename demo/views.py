"""The pages and forms of the demonstration: sign in as a sample person, see the own clock, travel."""

from pathlib import Path

import requests
from flask import Blueprint, abort, flash, get_template_attribute, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user, login_required
from markupsafe import Markup

import clock
from demo import agenda, calendar, clocks, destinations, journeys, sandbox, summary
from demo.journeys import CannotTravel, Journey
from demo.people import account_of, newcomer
from demo.start_over import Busy, start_over
from services import subscriptions
from views import signed_in
from views.account import next_page
from views.assets import address
from views.incoming import desk, leads_out

STATIC = Path(__file__).parent / "static"

bp = Blueprint(
    "demo",
    __name__,
    url_prefix="/demo",
    template_folder="templates",
    static_folder=STATIC,
    static_url_path=address(STATIC),
)

SHOWN_IN_A_MESSAGE = 3
"""Outcomes that the message after a journey shows. It travels in the session's cookie, so it must stay short."""


@bp.post("/sessions/<person_id>")
def sign_in(person_id: str) -> ResponseReturnValue:
    """Sign in as one of the sample people."""
    user = account_of(person_id) or abort(404)
    signed_in.sign_in(user)
    return redirect(next_page())


@bp.get("/clock")
@login_required
def own_clock() -> str:
    """Show the person's time, what lies ahead, what happened on the last journey, and the calendars."""
    now, last = clock.now(), journeys.latest(current_user.id)
    calendars = (calendar.of(one, now=now) for one in subscriptions.of_user(current_user))
    return render_template(
        "demo/clock.html",
        now=now,
        is_moved=bool(clocks.ahead(current_user.id)),
        events=[event for event in agenda.of(current_user.id, now=now) if event.concerns_the_person],
        destinations=destinations.offered(current_user.id, now=now),
        calendars=list(filter(None, calendars)),
        journey=last,
        **_happened_on(last),
        state=sandbox.service_state(),
        states=sandbox.STATES,
    )


def _happened_on(last: Journey | None) -> dict[str, object]:
    return {"lines": summary.of(last), "expired": summary.expired(last)} if last else {}


@bp.post("/journeys")
@login_required
def depart() -> ResponseReturnValue:
    """Move the person's clock to the time that the form names."""
    now = clocks.time_of(current_user.id)
    target = destinations.wanted(request.form, current_user.id, now=now)
    try:
        journeys.depart(current_user.id, target or now, now=now)
    except CannotTravel:
        flash(_("Choose a time after your own, at most 13 months later."), "error")
        return redirect(_page_before())
    return _go_on()


@bp.post("/start-over")
@login_required
def begin_again() -> ResponseReturnValue:
    """Erase what the signed-in person has in shop and sandbox, and set their clock to the time of day."""
    try:
        start_over(current_user)
        flash(_("You start over: your orders, subscriptions, cards and your clock are reset."), "success")
    except Busy:
        flash(_("Your clock is on its way. Start over when it has arrived."), "error")
    except requests.RequestException:
        flash(_("The sandbox does not respond, so nothing was reset."), "error")
    return redirect(url_for("subscriptions.index"))


@bp.post("/shoppers")
def add_shopper() -> ResponseReturnValue:
    """Create a shopper without a past, and sign in as them."""
    user = newcomer()
    signed_in.sign_in(user)
    flash(_("You are %(name)s now, a new shopper with a clock of your own.", name=user.name), "success")
    return redirect(url_for("catalog.index"))


@bp.get("/service")
def service() -> ResponseReturnValue:
    """Return the state of the payment service and the line that shows it, for the open menu of the banner."""
    state = sandbox.service_state()
    line = get_template_attribute("demo/service.html", "state_line")(state)
    return jsonify(state=state, line=line)


@bp.post("/service")
def set_service() -> ResponseReturnValue:
    """Let the payment service work, or play an outage, for all people of this demonstration."""
    state = request.form.get("state", "")
    if state not in sandbox.STATES:
        abort(400)
    try:
        sandbox.set_service_state(state)
    except requests.RequestException:
        flash(_("The sandbox does not respond, so nothing has changed."), "error")
    return redirect(_page_before())


@bp.get("/journey")
@login_required
def journey() -> ResponseReturnValue:
    """Show how far a long journey is. The page continues it."""
    under_way = journeys.under_way(current_user.id)
    if under_way is None:
        return redirect(url_for(".own_clock"))
    now = clock.now()
    passed = (now - under_way.departed_at) / (under_way.target - under_way.departed_at)
    return render_template("demo/journey.html", journey=under_way, now=now, passed=passed, back=_page_before())


@bp.post("/journey")
@login_required
def continue_journey() -> ResponseReturnValue:
    """Continue a long journey."""
    return _go_on()


def _go_on() -> ResponseReturnValue:
    try:
        journeys.go_on(desk(), current_user.id)
    except requests.RequestException:
        flash(_("The sandbox does not respond, so your clock has stopped on the way. You can continue later."), "error")
        return redirect(url_for(".own_clock"))
    if journeys.under_way(current_user.id):
        return redirect(url_for(".journey", next=_page_before()))
    _tell_what_happened()
    return redirect(_page_before())


def _tell_what_happened() -> None:
    last = journeys.latest(current_user.id)
    if last is not None:
        lines = summary.of(last)
        shown = {"journey": last, "lines": lines[-SHOWN_IN_A_MESSAGE:], "more": len(lines) - SHOWN_IN_A_MESSAGE}
        shown["expired"] = summary.expired(last)
        flash(Markup(render_template("demo/arrived.html", **shown)), "info")


def _page_before() -> str:
    """Return the path of the page with the form, or the page of the person's clock."""
    wanted = request.values.get("next", "")
    return url_for(".own_clock") if leads_out(wanted) else wanted
