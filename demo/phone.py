"""The guide on a real phone: the code to scan, the sign-in that it carries, and what the phone does afterwards."""

from io import BytesIO
from typing import Any

import segno
from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

import clock
from demo import network, phone_codes
from demo.phone_codes import Gone
from demo.refusals import command_for_phones, refusal
from errors import InvalidRequest
from services.guides import Guide
from views import signed_in
from views.errors import answer
from views.incoming import desk, leads_out, sent_object
from views.templating import fill_slot

bp = Blueprint("demo_phone", __name__, url_prefix="/demo/phone", template_folder="templates")

ISSUES, OPENS = parse("10 per minute"), parse("30 per minute")
"""How many codes a person may make, and how many a device may try to open, at each process of the web server."""
LONGEST_TARGET = 4000


def init_app(app: Flask) -> None:
    """Add the pages to `app`, and the button to its guides. The shop's own rate limits are off in a demonstration."""
    app.extensions["phone_limits"] = MovingWindowRateLimiter(MemoryStorage())
    app.register_blueprint(bp)
    fill_slot(app, "phone", button)


def button(guide: Guide) -> str:
    """Return the button of a guide's page, with its dialog; nothing for a visitor, whom no phone could follow."""
    if not current_user.is_authenticated:
        return ""
    run = phone_codes.latest_run(current_user, guide.id)
    return render_template(
        "demo/phone.html",
        guide=guide,
        is_open=_is_open(),
        command=command_for_phones(),
        minutes=_seconds() // 60,
        after=run.order_id if run else 0,
    )


@bp.post("")
@login_required
def issue() -> ResponseReturnValue:
    """Make a code that opens a guide, with its setup, as this person: `{target}`, a path with query and fragment."""
    if not _is_open():
        return refusal("phone_code_unreachable")
    _count(ISSUES, f"issue {current_user.id}")
    token = phone_codes.issue(current_user, _sent_target(), now=clock.machine_now())
    url = f"{current_app.config['PUBLIC_URL']}{bp.url_prefix}/{token}"
    return jsonify(id=phone_codes.id_of(token), url=url, svg=drawn(url), seconds=_seconds()), 201


@bp.get("/<token>")
def sign_in(token: str) -> ResponseReturnValue:
    """Sign in the person of the code on this device, once, and open the guide."""
    if request.method == "HEAD" or "prefetch" in request.headers.get("Sec-Purpose", ""):
        return "", 204  # a look at the link uses nothing up
    _count(OPENS, f"open {request.remote_addr}")
    try:
        user, target = phone_codes.use(token, now=clock.machine_now())
    except Gone as gone:
        return refusal(gone.code)
    signed_in.sign_in(user)
    return redirect(target)


@bp.get("/news")
@login_required
def news() -> ResponseReturnValue:
    """Return which code a phone has used, and the newest run of `?guide=` after the order `?after=`."""
    guide_id, after = request.args.get("guide", ""), request.args.get("after", 0, type=int)
    run = phone_codes.latest_run(current_user, guide_id, after=min(max(after, 0), 2**31 - 1))
    return jsonify(opened=phone_codes.opened(current_user), run=run)


@bp.after_request
def keep_to_itself(response: Response) -> Response:
    """Let neither a cache nor an index keep an answer that holds or names a token."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def drawn(url: str) -> str:
    """Return the address as a QR code in SVG: black on white in every colour scheme, because cameras need it."""
    file = BytesIO()
    code = segno.make_qr(url, error="m")
    code.save(
        file, kind="svg", xmldecl=False, nl=False, omitsize=True, svgclass="phone__qr", lineclass=None, light="#fff"
    )
    return file.getvalue().decode()


def _sent_target() -> str:
    """Return the guide that the page names, with its setup.

    Raises:
        InvalidRequest: when it is not the address of a guide.
    """
    target: Any = sent_object().get("target")
    if not isinstance(target, str) or len(target) > LONGEST_TARGET or leads_out(target):
        raise InvalidRequest("the target is not a path of this shop")
    path = target.partition("#")[0].partition("?")[0]
    if path.removeprefix("/guides/") not in desk().guides:
        raise InvalidRequest("the target is not a guide")
    return target


def _count(limit: RateLimitItem, who: str) -> None:
    """Answer 429 for one who does this too often."""
    limiter: MovingWindowRateLimiter = current_app.extensions["phone_limits"]
    if not limiter.hit(limit, who):
        response = make_response(answer("http_429"))
        response.headers["Retry-After"] = str(limit.get_expiry())
        abort(response)


def _is_open() -> bool:
    return network.is_open(current_app.config["PUBLIC_URL"])


def _seconds() -> int:
    return int(phone_codes.LIFETIME.total_seconds())
