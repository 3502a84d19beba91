"""`flask` commands: views for the scheduler. They parse, call services, and say what was done."""

import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

import clock
from errors import ShopError
from models import RefundStatus, db
from services import billing_keys, catalog, payments, refunds, renewals
from services.desk import Desk
from views.incoming import desk

RECONCILE_EVERY = 60.0
"""Seconds between two looks at what was left open; renewals are looked for far more often."""
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
@click.option("--threads", default=4, show_default=True, help="Number of charges made in parallel.")
@with_appcontext
def renew_due(forever: bool, every: float, threads: int) -> None:
    """Charge every subscription that is due, then settle what was left open."""
    stop, patient = threading.Event(), _patient_desk(threads)
    if forever:
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
    # Once, a failure is the scheduler's to see. Forever, it must not end what the next look may find mended.
    guarded = _isolated if forever else nullcontext
    waited = RECONCILE_EVERY
    while True:
        with guarded("what is due"):
            _renew(patient, threads)
        if waited >= RECONCILE_EVERY or not forever:
            with guarded("what is open"):
                _reconcile(patient)
            waited = 0.0
        if not forever or stop.wait(every):
            return
        waited += every


@click.command()
@with_appcontext
def reconcile() -> None:
    """Settle every order left open, make every refund that is due, and delete revoked keys at the payment service."""
    _reconcile(_patient_desk(1))


def _patient_desk(threads: int) -> Desk:
    """Return the desk of a command, whose `threads` all may wait for the payment service, and have time to."""
    return replace(desk(), client=desk().client.patient(places=threads))


def _renew(desk: Desk, threads: int) -> None:
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # threads need the app, not the proxy
    with ThreadPoolExecutor(threads) as pool:
        for line in pool.map(lambda one: _charge_one(app, desk, one), renewals.due(now=clock.now())):
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
    for order_id, now in _until(payments.to_reconcile(now=clock.now()), deadline):
        with _isolated(f"order {order_id}"):
            settled += payments.reconcile(desk, order_id=order_id, now=now).is_final
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
