"""Ask before a button deletes what cannot be restored: `/console/<code>/confirm/<lever>`.

The page says what will be lost and has the button. It works without a script.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from flask import abort, g, render_template, request, url_for
from flask_babel import gettext as _

from ..ledger.models import Payment, db
from ..merchants import levers, register
from ..pages import money
from ..rules import outcomes
from . import lists
from .blueprint import bp
from .words import as_text, duration


class Loss(NamedTuple):
    """One line of what an action deletes or changes."""

    what: str
    value: object
    """How many there are, or the value that they have now."""
    note: str = ""


class Question(NamedTuple):
    """What a page asks before its action."""

    title: str
    lead: str
    losses: list[Loss]
    button: str
    fields: Mapping[str, str] = {}
    """What the lever receives besides the merchant."""


def _reset() -> Question:
    return Question(
        title=_("Reset %(code)s?", code=g.console.code),
        lead=_("This deletes the data below for good. Credentials, PGs, and the URL and format of webhooks stay."),
        losses=[loss for loss in _data() if loss.value],
        button=_("Reset this merchant"),
    )


def _data() -> list[Loss]:
    left = register.holdings(g.console)
    for part in ("attempts", "cancellations"):  # of a webhook and of a payment, which count themselves
        left.pop(part, None)
    waiting = lists.count(lists.schedules(g.console, "scheduled"))
    unsent = lists.count(lists.deliveries(g.console, "queued"))
    charged = _("Shops that hold these keys cannot charge them any more.")
    never_run = _("%(number)s of them will never be charged.", number=waiting) if waiting else ""
    never_sent = _("%(number)s of them will never be sent.", number=unsent) if unsent else ""
    offset = g.console.clock_offset
    changed = levers.changed(g.console).keys() - register.KEPT_LEVERS
    return [
        Loss(_("Payments"), left.pop("payments", 0), _("Shops that look them up receive HTTP 404.")),
        Loss(_("Billing keys"), left.pop("billing_keys", 0), charged),
        Loss(_("Schedules"), left.pop("schedules", 0), never_run),
        Loss(_("Webhooks"), left.pop("deliveries", 0), never_sent),
        Loss(_("Calls"), left.pop("wire_entries", 0)),
        Loss(_("Queued outcomes"), left.pop("orders", 0)),
        Loss(_("Other records"), sum(left.values())),
        Loss(_("Changed levers"), len(changed), _("They return to their defaults.")),
        Loss(_("Clock"), duration(offset) if offset else "", _("It returns to the computer’s time.")),
        Loss(_("Customer clocks"), len(g.console.customer_offsets), _("They return to the computer’s time.")),
        Loss(_("Access token"), 1 if g.console.token else 0, _("A shop has to request a new one.")),
    ]


def _reset_levers() -> Question:
    changed = levers.changed(g.console)
    defaults = {name: as_text(levers.LEVERS[name].default) for name in changed}
    return Question(
        title=_("Reset all levers?"),
        lead=_("The settings below return to their defaults. Payments, keys and schedules stay."),
        losses=[Loss(name, as_text(value), f"→ {defaults[name]}") for name, value in changed.items()],
        button=_("Reset all levers"),
        fields=defaults,
    )


def _withdraw() -> Question:
    orders = outcomes.planned(g.console)
    return Question(
        title=_("Remove the queued outcomes?"),
        lead=_("The next charges and windows end as their test numbers decide."),
        losses=[Loss(order.outcome, f"× {order.times}", order.customer_uid or _("any")) for order in orders],
        button=_("Remove all"),
    )


def _cancel() -> Question:
    imp_uid = request.args.get("imp_uid", "")
    payment = db.session.scalar(lists.payments(g.console).where(Payment.imp_uid == imp_uid)) or abort(404)
    typed = {name: request.args[name] for name in ("amount", "reason") if request.args.get(name)}
    left = money(payment.remaining, payment.currency)
    return Question(
        title=_("Cancel %(imp_uid)s?", imp_uid=imp_uid),
        lead=_("A cancel cannot be undone. The shop receives a webhook about it."),
        losses=[
            Loss(_("Amount to cancel"), typed.get("amount") or left, _("Not cancelled yet: %(amount)s", amount=left)),
            *([Loss(_("Reason"), typed["reason"])] if "reason" in typed else []),
        ],
        button=_("Cancel payment"),
        fields={"imp_uid": imp_uid, **typed},
    )


QUESTIONS: Mapping[str, Callable[[], Question]] = {
    "reset": _reset,
    "levers": _reset_levers,
    "withdraw": _withdraw,
    "cancel": _cancel,
}
"""Name of a lever in `actions.LEVERS` → the question before it."""


@bp.get("/console/<code>/confirm/<lever>")
def confirm(lever: str) -> str:
    """Show what the lever would delete or change, and the button that pulls it."""
    if lever not in QUESTIONS:
        abort(404)
    return render_template(
        "dashboard/confirm.html",
        lever=lever,
        question=QUESTIONS[lever](),
        back_to=page_behind(lever, request.args),
        section="payments" if lever == "cancel" else "pulled",
    )


def page_behind(lever: str, query: Mapping[str, str]) -> str:
    """Return the page from which the reader came to the question with this `query`."""
    kept: dict[str, Any] = {name: query[name] for name in ("lang", "back") if name in query}
    if lever == "cancel":
        return url_for(".payment", imp_uid=query.get("imp_uid", ""), **kept)
    return url_for(".pulled", **kept)
