"""`flask` commands: views for the scheduler. They parse, call services, and say what was done."""

import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import NoReturn

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

import clock
import follow_up
import progress
from follow_up import Look
from rounds import Tally, charge_due, isolated
from schema import needs_own_tables
from services import accounts, catalog, comparison, days, differences, forgetting, renewals
from services.desk import Desk
from services.forgetting import Kept, Outcome
from services.iamport import IamportError
from services.owners import EVERYONE, Group
from views.incoming import desk

MOST_THREADS = 64
"""An upper limit of `--threads`. Each thread has a connection to the database; PostgreSQL accepts 100 by default."""
RECONCILE_EVERY = timedelta(seconds=60)
"""Machine time between two looks at what was left open, and the longest that a round of charges goes on."""
PRUNE_EVERY = timedelta(days=1)
"""Machine time between two looks for sessions and entries of the journal that are too old."""


def register(app: Flask) -> None:
    for command in (seed, renew_due, reconcile, forget_person):
        app.cli.add_command(command)


@click.command()
@with_appcontext
@needs_own_tables
def seed() -> None:
    """Add the plans that are missing. Existing plans stay unchanged.

    Exit codes: 0 when every plan exists, 1 when the database does not answer, 2 for wrong usage.
    """
    click.echo(f"{catalog.seed()} new plans")


@click.command("renew-due")
@click.option("--forever", is_flag=True, help="Repeat until stopped, every few seconds.")
@click.option("--every", default=5.0, show_default=True, help="Seconds between two rounds.")
@click.option(
    "--threads",
    type=click.IntRange(1, MOST_THREADS),
    default=4,
    show_default=True,
    help="Number of charges made in parallel.",
)
@click.option("--limit", type=click.IntRange(1), help="Make at most this many charges, with --forever in each round.")
@click.option("--dry-run", is_flag=True, help="Write what is due, and charge nothing.")
@click.option("--now", "moment", metavar="TIME", help="With --dry-run or in the demo: the time of the charges.")
@with_appcontext
@needs_own_tables
def renew_due(forever: bool, every: float, threads: int, limit: int | None, dry_run: bool, moment: str | None) -> None:
    """Charge every subscription that is due, then settle what was left open. Forever, also settle each notice.

    Exit codes: 0 when every charge has an outcome (a decline is one); 1 when a call got no answer, or an error was
    logged; 2 for wrong usage; 3 when the payment service does not answer, so that something was left for the next run.
    """
    now = _moment(moment, is_allowed=dry_run or current_app.config["DEMO"], is_forever=forever)
    if dry_run:
        _write_due((now or clock.now)())
        return
    stop, patient = threading.Event(), _patient_desk(threads)
    if not forever:
        notices = follow_up.look_at_notices(patient)
        tally = _renew(patient, threads, now=now, limit=limit)
        look = _tell(follow_up.look_at_all(patient))
        follow_up.prune()
        _exit(notices, look, tally=tally)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    with follow_up.reading_notices(_app(), _patient_desk(follow_up.NOTICE_THREADS), stop):
        _work(patient, stop, every=every, threads=threads, limit=limit)


def _moment(text: str | None, *, is_allowed: bool, is_forever: bool) -> Callable[[], datetime] | None:
    """Return what reads the fixed time of `--now`, or None without it."""
    if text is None:
        return None
    if not is_allowed or is_forever:
        raise click.UsageError("--now needs --dry-run or the demonstration, and excludes --forever.")
    try:
        moment = clock.from_text(text)
    except ValueError as err:
        raise click.BadParameter(f"{text!r} is not a time such as 2026-12-01T09:00.", param_hint="--now") from err
    return lambda: moment


def _write_due(now: datetime) -> None:
    """Write what a run at `now` would charge: one line per subscription, and how many there are."""
    due = renewals.due(desk(), now=now, limit=renewals.count_due(desk(), now=now))
    for subscription_id in due:
        with isolated(f"subscription {subscription_id}"):
            price, since = renewals.preview(subscription_id, now=now)
            since_in_seoul = clock.in_seoul(since).isoformat(timespec="minutes")
            amount, currency = str(price.to_major()), price.currency
            progress.write(subscription=subscription_id, amount=amount, currency=currency, due_since=since_in_seoul)
    progress.write(due=len(due))


@click.command()
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Compare this day in Seoul with the service's lists.")
@click.option("--dry-run", is_flag=True, help="With --day: report what differs, and repair nothing.")
@with_appcontext
@needs_own_tables
def reconcile(day: datetime | None, dry_run: bool) -> None:
    """Settle every notice and open order, make the refunds that are due, and delete revoked keys at the service.

    With --day, compare that day instead, and repair what differs.

    Exit codes: 0 when everything had its turn, when both agree, or when another process compares the day; 1 when
    differences are left, a call got no answer, or an error was logged; 2 for wrong usage; 3 when the payment service
    does not answer, so that something was left for the next run.
    """
    if day is not None:
        _compare(day.date(), only_report=dry_run)
    elif dry_run:
        raise click.UsageError("--dry-run needs --day.")
    else:
        look = _tell(follow_up.look_at_all(_patient_desk(1)))
        follow_up.prune()
        _exit(look)


@click.command("forget-person")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--dry-run", is_flag=True, help="Write what would go, and change nothing.")
@with_appcontext
@needs_own_tables
def forget_person(email: str, yes: bool, dry_run: bool) -> None:
    """Remove the personal data of the buyer with this e-mail address. Amounts, ids and dates stay.

    Their subscriptions end without a refund, and their billing keys are deleted at the service. A buyer with an order
    without an outcome, an unfinished refund or an open case keeps everything, and so does a member of staff.

    Exit codes: 0 when nothing is left, also after an earlier run; 1 when money is open, or it was not confirmed; 2 for
    wrong usage; 3 when the payment service did not delete a billing key, so that the data stays for the next run.
    """
    user = accounts.by_email(email)
    if user is None:
        click.echo("No account has this e-mail address.")
        return
    if user.is_staff:
        raise click.UsageError("The audit trail names members of staff, so they are not forgotten.")
    _write_kept(forgetting.kept_of(user))
    if dry_run:
        return
    if not yes:
        click.confirm("This cannot be undone. Forget this person?", abort=True)
    outcome = forgetting.forget(_patient_desk(1), user, now=desk().time_of(user.id))
    sentence, code = FORGOTTEN[outcome]
    click.echo(sentence, err=code != 0)
    click.get_current_context().exit(code)


FORGOTTEN = {
    Outcome.FORGOTTEN: ("The person is forgotten.", 0),
    Outcome.MONEY_IS_OPEN: ("Money is open, so nothing was removed. Run the command again when it is settled.", 1),
    Outcome.KEY_IS_LEFT: ("The payment service did not delete a billing key. Run the command again.", 3),
}
"""What the command writes at the end, and its exit code."""


def _write_kept(kept: Kept) -> None:
    click.echo(
        f"{kept.running} running subscriptions, {kept.keys} billing keys at the service, {kept.sessions} sign-ins, "
        f"{kept.orders} orders, {kept.entries} entries of the journal"
    )
    for line in kept.open:
        click.echo(line)


def _compare(day: date, *, only_report: bool) -> None:
    if not days.has_ended(day, now=clock.now()):
        raise click.UsageError(f"{day} has not ended in Seoul, or is too long ago.")
    try:
        compared = comparison.run(_patient_desk(1), day, moment=clock.now, only_report=only_report)
    except IamportError as err:
        click.echo(f"{day}: no answer from the payment service ({err}). Run the command again.", err=True)
        click.get_current_context().exit(3)
    if compared is None:
        click.echo(f"{day}: another process compares this day.")
        return
    for found in compared.differences:
        state = "repaired" if found.repaired_at else "open"
        click.echo(f"{found.kind} {found.merchant_uid} {found.imp_uid}: {found.rule}, {state}")
    left = len(differences.left_of(compared))
    click.echo(f"{day}: {compared.listed} payments, {compared.foreign} of other shops, {left} differences left")
    click.get_current_context().exit(1 if left else 0)


def _patient_desk(threads: int) -> Desk:
    """Return the desk of a command, whose `threads` all may wait for the payment service, and have time to."""
    return replace(desk(), client=desk().client.patient(places=threads))


def _work(desk: Desk, stop: threading.Event, *, every: float, threads: int, limit: int | None) -> None:
    """Repeat both rounds until `stop` is set. A failure must not end what the next round may find mended."""
    reconciled_at = pruned_at = desk.machine_now() - PRUNE_EVERY
    while True:
        ends_at = desk.machine_now() + RECONCILE_EVERY
        with isolated("what is due"):
            _renew(desk, threads, limit=limit, goes_on=partial(_goes_on, desk, stop, ends_at))
        if desk.machine_now() - pruned_at >= PRUNE_EVERY:
            pruned_at = desk.machine_now()
            with isolated("what is too old"):
                follow_up.prune()
        if desk.machine_now() - reconciled_at >= RECONCILE_EVERY:
            reconciled_at = desk.machine_now()
            with isolated("what is open"):
                _tell(follow_up.look_at_open(desk))
            with isolated("what was not compared"):
                follow_up.compare_days(desk)
        if stop.wait(every):
            return


def _tell(look: Look) -> Look:
    """Write what a look has changed."""
    if look.summary:
        click.echo(look.summary)
    return look


def _exit(*looks: Look, tally: Tally | None = None) -> NoReturn:
    """End a command with its exit code: 3 when the circuit breaker has stopped any part, 1 when something is left."""
    is_stopped = any(look.is_stopped for look in looks)
    if is_stopped and not (tally and tally.is_stopped):
        click.echo("Stopped: the payment service does not answer. What is left stays due.", err=True)
    is_incomplete = any(look.has_failed or look.is_unanswered for look in looks)
    code = max(tally.exit_code if tally else 0, 1 if is_incomplete else 0)
    click.get_current_context().exit(3 if is_stopped else code)


def _goes_on(desk: Desk, stop: threading.Event, ends_at: datetime) -> bool:
    return not stop.is_set() and desk.machine_now() < ends_at


def _app() -> Flask:
    """Return the application itself: a thread cannot use the proxy."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return app


def _renew(
    desk: Desk, threads: int, *, now: Callable[[], datetime] | None = None, limit: int | None = None,
    goes_on: Callable[[], bool] = lambda: True,
) -> Tally:  # fmt: skip
    """Charge what is due at `now`, or of each group in its own time, and report it."""
    groups, tally = [Group(owners=EVERYONE, now=now)] if now else desk.groups(), Tally()
    due = sum(renewals.count_due(desk, now=group.now(), owners=group.owners) for group in groups)
    with progress.of_round(due) as report:
        for group in groups:
            left = None if limit is None else limit - tally.tried
            charge_due(
                _app(), desk, threads=threads, now=group.now, owners=group.owners, limit=left, goes_on=goes_on,
                report=report.add, tally=tally,
            )  # fmt: skip
        report.close(tally)
    return tally
