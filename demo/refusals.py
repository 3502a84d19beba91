"""What the demonstration refuses: the page, or for a script the JSON, of each of its codes."""

from flask import current_app, jsonify, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _

from demo import network
from views.incoming import wants_json

REFUSALS = {
    "phone_code_used": (
        410,
        _("This code has been used"),
        _("A code signs in once. On the computer, press “On a phone” at the guide again and scan the new code."),
    ),
    "phone_code_expired": (
        410,
        _("This code is no longer valid"),
        _(
            "A code is valid for five minutes, until the next one is made. On the computer, press “On a phone” at the "
            "guide again and scan the new code."
        ),
    ),
    "phone_code_unreachable": (
        409,
        _("No phone reaches this demonstration"),
        _("It answers on its own machine only. Stop it, and start it with: %(command)s"),
    ),
    "staff_only_here": (
        403,
        _("Staff cannot sign in here"),
        _(
            "This demonstration is open to other devices in the network, so nobody can sign in as staff. To work as "
            "staff, start it without LAN."
        ),
    ),
}
"""Code → HTTP status, title and sentence."""


def refusal(code: str) -> ResponseReturnValue:
    """Return the answer of one of `REFUSALS`."""
    status, title, sentence = REFUSALS[code]
    message = str(sentence) % {"command": command_for_phones()}
    if wants_json():
        return jsonify(code=code, message=message), status
    return render_template("errors/error.html", code=code, status=status, title=title, message=message), status


def command_for_phones() -> str:
    """Return the command that opens this demonstration to phones."""
    return network.command_for_phones(current_app.config["PUBLIC_URL"], current_app.config["IMP_API_URL"])
