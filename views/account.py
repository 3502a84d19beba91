"""Sign up, sign in, sign out, and the profile."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user, login_required

import clock
from errors import EmailTaken, WrongCredentials
from forms import SignInForm, SignUpForm
from models import User
from services import accounts, sessions
from views import signed_in
from views.incoming import leads_out
from views.limits import sign_in_attempts, sign_up_attempts

bp = Blueprint("account", __name__, url_prefix="/account")


@bp.get("")
@login_required
def profile() -> ResponseReturnValue:
    """Show the signed-in user's profile."""
    return render_template("account/profile.html", user=current_user)


@bp.route("/sign-in", methods=["GET", "POST"])
@sign_in_attempts
def sign_in() -> ResponseReturnValue:
    """Sign in with e-mail and password, then go on to the page that the user wanted."""
    form = SignInForm()
    if form.validate_on_submit():
        try:
            signed_in.sign_in(accounts.authenticate(email=_typed_email(), password=form.password.data or ""))
            return redirect(next_page())
        except WrongCredentials:
            form.password.errors = [_("The e-mail or the password is incorrect.")]
    return render_template("account/sign_in.html", form=form, next=request.values.get("next", ""))


@bp.route("/sign-up", methods=["GET", "POST"])
@sign_up_attempts
def sign_up() -> ResponseReturnValue:
    """Create an account and sign in with it. An e-mail that is taken is reported at its field."""
    form = SignUpForm()
    if form.validate_on_submit():
        try:
            signed_in.sign_in(_new_account(form))
            return redirect(next_page())
        except EmailTaken:
            form.email.errors = [_("An account with this e-mail already exists. Please sign in.")]
    return render_template("account/sign_up.html", form=form, next=request.values.get("next", ""))


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """Sign out in this browser."""
    signed_in.sign_out()
    flash(_("You have signed out."), "info")
    return redirect(url_for("catalog.index"))


@bp.post("/sign-out-everywhere")
@login_required
def sign_out_everywhere() -> ResponseReturnValue:
    """Sign out in this browser and in every other one."""
    sessions.end_all(current_user)
    signed_in.sign_out()
    flash(_("You have signed out in all browsers."), "info")
    return redirect(url_for("catalog.index"))


def _typed_email() -> str:
    """Return the e-mail as it was typed: an old account may be stored in another form than the shop's."""
    return request.form.get("email", "")


def _new_account(form: SignUpForm) -> User:
    return accounts.sign_up(
        email=form.email.data or "",
        password=form.password.data or "",
        name=form.name.data or "",
        tel=form.tel.data or "",
        language=str(get_locale()),
        now=clock.now(),
    )


def next_page() -> str:
    """Return the path that the user wanted before signing in, or where their work is: staff have the admin pages."""
    wanted = request.values.get("next", "")
    if not leads_out(wanted):
        return wanted
    return url_for("admin.index" if current_user.is_staff else "subscriptions.index")
