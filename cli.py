"""`flask` commands: views for the scheduler. They parse, call services, and say what was done."""

import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

import clock
from errors import ShopError
from models import RefundStatus, db
from services import (
    billing_keys,
    catalog,
    claims,
    comparison,
    differences,
    journal,
    machine_time,
    notices,
    open_orders,
    refunds,
    renewals,
    webhooks,
)
from services.desk import Desk
from services.iamport import IamportError
from views.incoming import desk

MOST_THREADS = 64
"""An upper limit of `--threads`. Each thread has a connection to the database; PostgreSQL accepts 100 by default."""
RECONCILE_EVERY = 60.0
"""Seconds between two looks at what was left open; renewals are looked for far more often."""
PRUNE_EVERY = timedelta(days=1)
"""Machine time between two looks for entries of the journal that are too old."""
NOTICES_EVERY = 0.5
"""Seconds between two looks for notices: a buyer who waits for a webhook's effect sees it within a second."""
NOTICE_THREADS = 4
"""How many notices are settled in parallel. Each may wait for the payment service."""
ROUND_LIMIT = timedelta(seconds=20)
"""How long one such look may take before renewals have their turn again: a service that hangs answers nothing."""


def register(app: Flask) -> None:
    for command in (seed, renew_due, reconcile):
        app.cli.add_command(command)


@click.command()
@with_appcontext
def seed() -> None:
    """Add the plans that are missing. Existing plans stay unchanged."""
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
@with_appcontext
def renew_due(forever: bool, every: float, threads: int) -> None:
    """Charge every subscription that is due, then settle what was left open. Forever, also settle each notice."""
    stop, patient = threading.Event(), _patient_desk(threads)
    if not forever:
        _read_due_notices(patient)
        _renew(patient, threads)
        _reconcile(patient)
        return
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    with _reading_notices(_patient_desk(NOTICE_THREADS), stop):
        _work(patient, stop, every=every, threads=threads)


@click.command()
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Compare this day in Seoul with the service's lists.")
@click.option("--dry-run", is_flag=True, help="With --day: report what differs, and repair nothing.")
@with_appcontext
def reconcile(day: datetime | None, dry_run: bool) -> None:
    """Settle every notice and open order, make the refunds that are due, and delete revoked keys at the service.

    With --day, compare that day instead, and repair what differs. Exit code: 0 when both agree, 1 when differences are
    left, 2 for wrong usage, 3 when the service does not answer.
    """
    if day is not None:
        _compare(day.date(), only_report=dry_run)
    elif dry_run:
        raise click.UsageError("--dry-run needs --day.")
    else:
        patient = _patient_desk(1)
        _read_due_notices(patient)
        _reconcile(patient)
        _prune_journal()


def _compare(day: date, *, only_report: bool) -> None:
    if day >= clock.day_in_seoul(clock.now()):
        raise click.UsageError(f"{day} has not ended in Seoul.")
    try:
        compared = comparison.run(_patient_desk(1), day, moment=clock.now, only_report=only_report)
    except IamportError as err:
        click.echo(f"{day}: no answer from the payment service ({err}). Run the command again.", err=True)
        click.get_current_context().exit(3)
    for found in compared.differences:
        state = "repaired" if found.repaired_at else "open"
        click.echo(f"{found.kind} {found.merchant_uid} {found.imp_uid}: {found.rule}, {state}")
    left = len(differences.left_of(compared))
    click.echo(f"{day}: {compared.listed} payments, {compared.foreign} of other shops, {left} differences left")
    click.get_current_context().exit(1 if left else 0)


def _patient_desk(threads: int) -> Desk:
    """Return the desk of a command, whose `threads` all may wait for the payment service, and have time to."""
    return replace(desk(), client=desk().client.patient(places=threads))


def _work(desk: Desk, stop: threading.Event, *, every: float, threads: int) -> None:
    """Repeat both rounds until `stop` is set. A failure must not end what the next round may find mended."""
    waited, pruned_at = RECONCILE_EVERY, None
    while True:
        with _isolated("what is due"):
            _renew(desk, threads)
        if pruned_at is None or desk.machine_now() - pruned_at >= PRUNE_EVERY:
            pruned_at = desk.machine_now()
            with _isolated("the journal"):
                _prune_journal()
        if waited >= RECONCILE_EVERY:
            with _isolated("what is open"):
                _reconcile(desk)
            with _isolated("what was not compared"):
                comparison.catch_up(desk, moment=clock.now, until=clock.now() + ROUND_LIMIT)
            waited = 0.0
        if stop.wait(every):
            return
        waited += every


@contextmanager
def _reading_notices(desk: Desk, stop: threading.Event) -> Iterator[None]:
    """Settle notices in a thread of its own during the block, so that no renewal and no refund delays them."""
    thread = threading.Thread(target=_read_notices, args=(_app(), desk, stop), name="notices")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _read_notices(app: Flask, desk: Desk, stop: threading.Event) -> None:
    """Settle the notices that are due, until `stop` is set. A slow read takes one of the threads, not the others.

    While the breaker is open, notices wait without being claimed: the database need not record each failure.
    """
    begun: dict[int, Future[None]] = {}
    with ThreadPoolExecutor(NOTICE_THREADS) as pool:
        while not stop.wait(NOTICES_EVERY):
            begun = {notice_id: future for notice_id, future in begun.items() if not future.done()}
            with app.app_context(), _isolated("what was reported"):
                notices.free(desk.process, now=desk.machine_now())
                found = notices.due(now=_machine_now(desk)) if desk.client.can_send else ()
                for notice_id in found:
                    if notice_id not in begun:
                        begun[notice_id] = pool.submit(_read_notice, app, desk, notice_id, stop)


def _read_notice(app: Flask, desk: Desk, notice_id: int, stop: threading.Event) -> None:
    with app.app_context(), _isolated(f"notice {notice_id}"):
        if desk.client.can_send and not stop.is_set():
            webhooks.process(desk, notice_id=notice_id, now=clock.now(), machine_now=_machine_now(desk))


def _read_due_notices(desk: Desk) -> None:
    """Settle the notices that are due, one after the other."""
    for notice_id, now in _until(notices.due(now=_machine_now(desk)), clock.now() + ROUND_LIMIT):
        with _isolated(f"notice {notice_id}"):
            webhooks.process(desk, notice_id=notice_id, now=now, machine_now=_machine_now(desk))


def _prune_journal() -> None:
    """Delete old entries of the journal in small transactions. What one look has no time for, the next one deletes."""
    keep, deadline = timedelta(days=current_app.config["JOURNAL_DAYS"]), clock.machine_now() + ROUND_LIMIT
    while journal.prune(now=clock.now(), keep=keep) and clock.machine_now() < deadline:
        continue


def _machine_now(desk: Desk) -> datetime:
    return machine_time.shared(desk.machine_now())


def _app() -> Flask:
    """Return the application itself: a thread cannot use the proxy."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return app


def _renew(desk: Desk, threads: int) -> None:
    app = _app()
    claims.free_ended(desk)
    with ThreadPoolExecutor(threads) as pool:
        for line in pool.map(lambda one: _charge_one(app, desk, one), renewals.due(desk, now=clock.now())):
            click.echo(line)


def _charge_one(app: Flask, desk: Desk, subscription_id: int) -> str:
    with app.app_context(), _isolated(f"subscription {subscription_id}"):
        try:
            order = renewals.collect(desk, subscription_id=subscription_id, now=clock.now())
            return f"subscription {subscription_id}: {order.merchant_uid} {order.outcome}"
        except ShopError as err:
            return f"subscription {subscription_id}: {err.code}"
    return f"subscription {subscription_id}: could not be charged; the log says why"


def _reconcile(desk: Desk) -> None:
    deadline = clock.now() + ROUND_LIMIT
    settled = refunded = deleted = 0
    for order_id, now in _until(open_orders.due(now=clock.now()), deadline):
        with _isolated(f"order {order_id}"):
            settled += open_orders.process(desk, order_id=order_id, now=now)
    for refund_id, now in _until(refunds.due(now=clock.now()), deadline):
        with _isolated(f"refund {refund_id}"):
            refunded += refunds.process(desk, refund_id=refund_id, now=now).status is RefundStatus.MADE
    for key_id, now in _until(billing_keys.to_delete(now=clock.now()), deadline):
        with _isolated(f"billing key {key_id}"):
            deleted += billing_keys.delete(desk, key_id=key_id, now=now)
    if settled or refunded or deleted:
        click.echo(f"{settled} open orders settled, {refunded} refunds made, {deleted} revoked keys deleted")


def _until(ids: Sequence[int], deadline: datetime) -> Iterator[tuple[int, datetime]]:
    """Each with the moment of its turn. What the round has no time for is as due in the next one."""
    for one in ids:
        now = clock.now()
        if now >= deadline:
            return
        yield one, now


@contextmanager
def _isolated(what: str) -> Iterator[None]:
    """Whatever is wrong with one order, subscription or round must not keep the others from their turn."""
    try:
        yield
    except Exception:  # whatever it is: the log says it, and the round goes on
        db.session.rollback()
        current_app.logger.exception("%s was left as it is", what)
