"""Serve the pages of what a merchant can change: its clock, its levers and the outcomes to come."""

from flask import g, render_template, request

from ..ledger.models import Schedule, db
from ..merchants import levers
from ..rules import outcomes
from . import lists
from .blueprint import bp
from .words import FEW, as_text, steps


@bp.get("/console/<code>/clock")
def time() -> str:
    """Show the merchant's time, and the schedules that are due next."""
    query = lists.schedules(g.console, "scheduled").order_by(Schedule.schedule_at).limit(FEW)
    upcoming = db.session.scalars(query).all()
    # A schedule is due sooner for a customer whose clock is ahead of the merchant's.
    next_at = min((s.schedule_at - g.console.customer_offsets.get(s.customer_uid, 0) for s in upcoming), default=0)
    return render_template(
        "dashboard/clock.html",
        steps=steps(),
        upcoming=upcoming,
        waiting=lists.count(lists.schedules(g.console, "scheduled")),
        next_at=next_at,
        customers=_ahead(),
    )


def _ahead() -> list[tuple[str, int]]:
    """Return the last `ROWS` customers whose clock was moved, the latest first, each with its seconds."""
    return list(g.console.customer_offsets.items())[: -lists.ROWS - 1 : -1]


@bp.get("/console/<code>/levers")
def pulled() -> str:
    """Show every lever under its group, with `?only=changed` those that differ from their default, and the outcomes."""
    values, changed = levers.settings(g.console), levers.changed(g.console)
    shown = changed if request.args.get("only") == "changed" else values
    groups = [
        (name, group, [lever for lever in levers.LEVERS.values() if lever.group == name and lever.name in shown])
        for name, group in levers.GROUPS.items()
    ]
    return render_template(
        "dashboard/levers.html",
        groups=[(name, group, members) for name, group, members in groups if members],
        values={name: as_text(value) for name, value in values.items()},
        changed=changed,
        outcomes=outcomes.OUTCOMES.values(),
        orders=outcomes.planned(g.console),
    )
