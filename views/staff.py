"""What the pages for staff share: who may see them, and the reason that every act needs."""

from typing import NoReturn

from flask import abort, redirect
from flask.typing import ResponseReturnValue
from flask_login import current_user

from errors import InvalidRequest
from forms import ReasonForm
from views.errors import unauthorized


def staff_only() -> ResponseReturnValue | None:
    """Let staff pass. Send a visitor to sign-in, and answer 404 to any other user. Call it before each request."""
    if not current_user.is_authenticated:
        return unauthorized()
    if not current_user.is_staff:
        abort(404)
    return None


def not_own(page: str) -> NoReturn:
    """Lead staff to their `page` of what is not their own. For any other user it does not exist."""
    abort(redirect(page) if current_user.is_staff else 404)


def sent_reason(prefix: str) -> str:
    """Return the reason in the form with this prefix.

    Raises:
        InvalidRequest: when there is none, or it is too long.
    """
    form = ReasonForm(prefix=prefix)
    if not form.validate():
        raise InvalidRequest("an act of staff needs a reason", fields=form.errors)
    return form.reason.data or ""
