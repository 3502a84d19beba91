"""Sign up, sign in, sign out, and the profile."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user, login_required, login_user, logout_user

import clock
from errors import EmailTaken, WrongCredentials
from forms import SignInForm, SignUpForm
from services import accounts

bp = Blueprint("account", __name__, url_prefix="/account")


@bp.get("")
@login_required
def profile() -> ResponseReturnValue:
    return render_template("account/profile.html", user=current_user)


@bp.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    form = SignInForm()
    if form.validate_on_submit():
        try:
            login_user(accounts.authenticate(email=form.email.data or "", password=form.password.data or ""))
            return redirect(next_page())
        except WrongCredentials:
            form.password.errors = [_("E-mail and password do not match.")]
    return render_template("account/sign_in.html", form=form, next=request.values.get("next", ""))


@bp.route("/sign-up", methods=["GET", "POST"])
def sign_up() -> ResponseReturnValue:
    form = SignUpForm()
    if form.validate_on_submit():
        try:
            user = accounts.sign_up(
                email=form.email.data or "",
                password=form.password.data or "",
                name=form.name.data or "",
                tel=form.tel.data or "",
                language=str(get_locale()),
                now=clock.now(),
            )
        except EmailTaken:
            form.email.errors = [_("Somebody signed up with this address before. Sign in instead.")]
        else:
            login_user(user)
            return redirect(next_page())
    return render_template("account/sign_up.html", form=form, next=request.values.get("next", ""))


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    logout_user()
    flash(_("You are signed out."), "info")
    return redirect(url_for("catalog.index"))


def next_page() -> str:
    """Where the person was going. Only paths of ours: anything else could lead to a look-alike."""
    wanted = request.values.get("next", "")
    # Browsers drop tabs and newlines, and take a backslash, or any number of slashes, for the start of a host.
    leads_out = not wanted.startswith("/") or wanted.startswith("//") or "\\" in wanted or not wanted.isprintable()
    return url_for("subscriptions.index") if leads_out else wanted
