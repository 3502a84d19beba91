"""The timelines of a guide run, an order, a subscription and a person: as rows, as a diagram, and as files."""

import math
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from babel.dates import format_timedelta
from flask import Blueprint, Flask, Response, current_app, get_template_attribute, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user, login_required
from markupsafe import Markup

from models import JournalEntry
from services import guide_runs, run_export, timeline
from services.timeline import Joiner, Row, Subject
from views import language
from views.diagram import drawn
from views.orders import own_order
from views.subscriptions import own_subscription
from views.templating import seoul_datetime

bp = Blueprint("timeline", __name__)

DAY = timedelta(days=1)

SUBJECTS: dict[str, tuple[str, Callable[..., Subject]]] = {
    "run": ("/guides/runs/<run_id>", lambda run_id: timeline.about(guide_runs.orders_of(run_id, user=current_user))),
    "order": ("/orders/<merchant_uid>", lambda merchant_uid: timeline.of_order(own_order(merchant_uid))),
    "subscription": (
        "/subscriptions/<int:subscription_id>",
        lambda subscription_id: timeline.of_subscription(own_subscription(subscription_id)),
    ),
    "mine": ("/account", lambda: timeline.of_user(current_user)),
}
"""Whose timelines there are: the address that they begin with, and the function that finds the orders."""


def join(app: Flask, joiner: Joiner) -> None:
    """Let an extension join every timeline with what it knows of the same orders."""
    app.extensions.setdefault("timeline_joiners", []).append(joiner)


@login_required
def rows(subject: str, **named: Any) -> ResponseReturnValue:
    """Return the rows that are new to a reader with the cursor `?after=`."""
    found = SUBJECTS[subject][1](**named)
    everything = _rows(found)
    jumps = timeline.jumps(everything)
    after = request.args.get("after", "")
    new = [_as_json(row, jumps) for row in everything if timeline.is_new(row, after)]
    return jsonify(rows=new, cursor=timeline.cursor(everything), settled=found.is_settled)


@login_required
def diagram(subject: str, **named: Any) -> ResponseReturnValue:
    """Return the timeline as a sequence diagram; with `?download`, as a file that needs no stylesheet."""
    found = _rows(SUBJECTS[subject][1](**named))
    is_file = "download" in request.args
    jumps = {row_id: _jump(by) for row_id, by in timeline.jumps(found).items()}
    figure = drawn(found, titles={row.id: _title(row) for row in found}, jumps=jumps)
    svg = render_template("timeline/sequence.svg", figure=figure, subject=subject, is_file=is_file)
    return _file(svg, "image/svg+xml", "sequence.svg" if is_file else "")


@login_required
def har(subject: str, **named: Any) -> ResponseReturnValue:
    """Return the requests of the timeline as a HAR."""
    found = _rows(SUBJECTS[subject][1](**named))
    archive = run_export.har(found, _bases(), title=_name_of(named), version="1")
    return _file(current_app.json.dumps(archive), "application/json", "timeline.har")


@login_required
def shell(subject: str, **named: Any) -> ResponseReturnValue:
    """Return the requests of the timeline as curl lines."""
    found = _rows(SUBJECTS[subject][1](**named))
    return _file(run_export.shell(found, _bases(), title=_name_of(named)), "text/x-shellscript", "timeline.sh")


for _subject, (_start, _find) in SUBJECTS.items():
    for _end, _view in (("/timeline", rows), (".svg", diagram), ("/export.har", har), ("/export.sh", shell)):
        _rule = f"{_start}/timeline.svg" if _end == ".svg" else f"{_start}{_end}"
        bp.add_url_rule(
            _rule, f"{_subject}_{_view.__name__}", view_func=_view, defaults={"subject": _subject}, methods=["GET"]
        )


@bp.app_template_global()
@cache
def stylesheets(*names: str) -> Markup:
    """Return the text of stylesheets of this shop, for a file that leaves it."""
    folder = Path(current_app.root_path) / "static" / "css"
    return Markup("\n".join((folder / name).read_text(encoding="utf-8") for name in names))


def _rows(subject: Subject) -> Sequence[Row]:
    return timeline.rows(subject, current_app.extensions.get("timeline_joiners", []))


def _bases() -> dict[str, str]:
    return {"service": current_app.config["IMP_API_URL"], "shop": current_app.config["PUBLIC_URL"]}


def _name_of(named: dict[str, Any]) -> str:
    return " ".join(map(str, named.values())) or current_user.email


def _as_json(row: Row, jumps: dict[str, Any]) -> dict[str, Any]:
    """Return a row as the page reads it: times in milliseconds, texts in the reader's language."""
    same = ("id", "lane", "event", "name", "status", "ms", "merchant_uid", "payload", "request", "response", "replaces")
    return {
        **{name: getattr(row, name) for name in same},
        "at": round(row.at.timestamp() * 1000),
        "when": seoul_datetime(row.business_at),
        "direction": row.to,
        "title": _title(row),
        "service_ms": row.their_ms,
        "curl": run_export.curl(row, _bases()),
        "source": row.source,
        "links": dict(row.links),
        "divider": _jump(jumps[row.id]) if row.id in jumps else None,
    }


def _title(row: Row) -> str:
    """Return the sentence of the row's event, without markup; for a row of an extension, the event is its sentence."""
    if not isinstance(row.entry, JournalEntry):
        return row.event
    sentence = get_template_attribute("macros/journal.html", "sentence")(row.entry)
    return " ".join(Markup(sentence).striptags().split())


def _jump(by: timedelta) -> str:
    """Return the jump in words, and one of a day or more in days.

    A journey of a month stops a little before its end. Rounded to weeks, it would not be what the reader chose.
    """
    in_days = round(abs(by) / DAY) >= 1
    largest_unit: dict[str, Any] = {"granularity": "day", "threshold": math.inf} if in_days else {"threshold": 1}
    text = format_timedelta(abs(by), **largest_unit, locale=language.chosen())
    return str(_("%(time)s later", time=text) if by.total_seconds() > 0 else _("%(time)s earlier", time=text))


def _file(body: str, mimetype: str, name: str) -> Response:
    """Return an answer that the browser saves under `name`, or shows if there is none."""
    answer = Response(body, mimetype=mimetype)
    if name:
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
