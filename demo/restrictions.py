"""What a demonstration does not do while other devices reach it: let anyone be staff, or lead them to the console."""

from flask import Flask, current_app, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from config import origin_of
from demo import network, people
from demo.refusals import refusal
from services import accounts
from views import signed_in

ANYWHERE = {"static", "demo.static", "health.healthz"}
"""Endpoints that answer at every address, because they show nothing of a person."""


def init_app(app: Flask) -> None:
    """Check every request of `app` before its view runs."""
    app.before_request(restrict)


def restrict() -> ResponseReturnValue | None:
    """Refuse staff, and lead a page to the shop's own address, where alone a person stays signed in on the way."""
    if not _is_open() or request.endpoint in ANYWHERE:
        return None
    shop = current_app.config["PUBLIC_URL"]
    if request.method == "GET" and origin_of(request.url) != shop:
        return redirect(shop + request.full_path.rstrip("?"))
    if current_user.is_authenticated and current_user.is_staff:
        signed_in.sign_out()
        return refusal("staff_only_here")
    return refusal("staff_only_here") if _wants_to_be_staff() else None


def console() -> str:
    """Return the origin of the sandbox's console; '' where the reader's browser could not open it."""
    is_here = network.is_this_machine(request.remote_addr, current_app.config["PUBLIC_URL"])
    return origin_of(current_app.config["IMP_API_URL"]) if is_here or not _is_open() else ""


def offered_people() -> list[people.Person]:
    """Return the sample people that a visitor can become with one click."""
    return [person for person in people.PEOPLE if not (person.is_staff and _is_open())]


def _is_open() -> bool:
    return network.is_open(current_app.config["PUBLIC_URL"])


def _wants_to_be_staff() -> bool:
    """Whether the request signs in to an account of staff, with one click or by its e-mail."""
    if request.endpoint == "demo.sign_in":
        user = people.account_of((request.view_args or {})["person_id"])
    elif request.endpoint == "account.sign_in" and request.method == "POST":
        user = accounts.by_email(request.form.get("email", ""))
    else:
        return False
    return user is not None and user.is_staff
