"""What the demonstration adds to the shop's pages: its own levers, the person's clock, and the people to sign in as."""

from flask import current_app, render_template, request
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError

import clock
from demo import agenda, clocks, destinations, sandbox
from demo.restrictions import console, offered_people

NEXT = 3
"""Events that the menu shows."""


def chip() -> str:
    """Return the clock and its menu; nothing for a visitor, and on an error page without a database."""
    if not current_user.is_authenticated:
        return ""
    now = clock.now()
    try:
        events = [event for event in agenda.of(current_user.id, now=now) if event.concerns_the_person]
        facts = {
            "events": events[:NEXT],
            "destinations": destinations.offered(current_user.id, now=now),
            "is_moved": bool(clocks.ahead(current_user.id)),
        }
        return render_template("demo/chip.html", now=now, back=this_page(), **facts)
    except SQLAlchemyError:
        return ""


def banner() -> str:
    """Return the line above the header: what this site is, and the levers of the demonstration."""
    facts = {"console": console(), "shop": current_app.config["PUBLIC_URL"], "states": sandbox.STATES}
    return render_template("demo/banner.html", back=this_page(), **facts)


def people_to_be() -> str:
    """Return the sample people to sign in as, each with one click."""
    return render_template("demo/sign_in.html", people=offered_people(), back=wanted_page())


def this_page() -> str:
    """Return the path to which a form in the header leads back."""
    is_page = request.method == "GET" and request.endpoint is not None and request.endpoint != "demo.journey"
    return request.full_path.rstrip("?") if is_page else ""


def wanted_page() -> str:
    """Return where a click on a person leads: to the page the visitor wanted, or back to the page with the people."""
    if request.endpoint == "account.sign_in":
        return request.args.get("next", "")
    return request.full_path.rstrip("?")
