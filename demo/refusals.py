"""What the demonstration refuses: the page, or for a script the JSON, of each of its codes."""

from flask import jsonify, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _

from views.incoming import wants_json

REFUSALS = {
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
    if wants_json():
        return jsonify(code=code, message=str(sentence)), status
    return render_template("errors/error.html", code=code, status=status, title=title, message=sentence), status
