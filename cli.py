"""`flask` commands: views for the scheduler. They parse, call services, and say what was done."""

import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

import clock
from errors import ShopError
from models import db
from services import billing_keys, catalog, payments, renewals
from views import desk

RECONCILE_EVERY = 60.0
"""Seconds between two looks at what was left open; renewals are looked for far more often."""


def register(app: Flask) -> None:
    for command in (seed, renew_due, reconcile):
        app.cli.add_command(command)


@click.command()
@with_appcontext
def seed() -> None:
    """Put the plans on the shelves (again: nothing changes)."""
    click.echo(f"{catalog.seed()} new plans")


@click.command("renew-due")
@click.option("--forever", is_flag=True, help="Look again every few seconds until stopped.")
@click.option("--every", default=5.0, show_default=True, help="Seconds between two looks.")
@click.option("--threads", default=4, show_default=True, help="Charges under way at once.")
@with_appcontext
def renew_due(forever: bool, every: float, threads: int) -> None:
    """Charge every subscription that is due, then settle what was left open."""
    stop = threading.Event()
    if forever:
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
    waited = RECONCILE_EVERY
    while True:
        _renew(threads)
        if waited >= RECONCILE_EVERY or not forever:
            _reconcile()
            waited = 0.0
        if not forever or stop.wait(every):
            return
        waited += every


@click.command()
@with_appcontext
def reconcile() -> None:
    """Settle every order left open, and delete revoked keys at the payment service."""
    _reconcile()


def _renew(threads: int) -> None:
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # threads need the app, not the proxy
    with ThreadPoolExecutor(threads) as pool:
        for line in pool.map(lambda subscription_id: _charge_one(app, subscription_id), renewals.due(now=clock.now())):
            click.echo(line)


def _charge_one(app: Flask, subscription_id: int) -> str:
    with app.app_context(), _one_of_many(f"subscription {subscription_id}"):
        try:
            order = renewals.collect(desk(), subscription_id=subscription_id, now=clock.now())
            return f"subscription {subscription_id}: {order.merchant_uid} {order.outcome}"
        except ShopError as err:
            return f"subscription {subscription_id}: {err.code}"
    return f"subscription {subscription_id}: could not be charged; the log says why"


def _reconcile() -> None:
    now = clock.now()
    settled = 0
    for order_id in payments.left_open(now=now):
        with _one_of_many(f"order {order_id}"):
            settled += payments.reconcile(desk(), order_id=order_id, now=now).is_final
    deleted = billing_keys.delete_revoked(desk(), now=now)
    if settled or deleted:
        click.echo(f"{settled} open orders settled, {deleted} revoked keys deleted")


@contextmanager
def _one_of_many(what: str) -> Iterator[None]:
    """Whatever is wrong with one order or subscription must not keep the others from their turn."""
    try:
        yield
    except Exception:
        db.session.rollback()
        current_app.logger.exception("%s was left as it is", what)
