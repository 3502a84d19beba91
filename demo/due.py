"""Do all the work of one person that is due now by the person's clock, with the services that the worker uses."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

from sqlalchemy import func, select

import clock
from demo import clocks, sandbox
from errors import ShopError
from models import BillingKey, Notice, Order, Subscription, db
from rounds import isolated
from services import billing_keys, machine_time, notices, open_orders, refunds, renewals, webhooks
from services.desk import Desk
from services.owners import Owners

PASSES = 8
"""How often to look again whether the work done has led to more, such as a webhook for a charge."""
PATIENCE = 5.0
"""Seconds to wait for a worker that is in the middle of this person's work."""
POLL_INTERVAL = 0.05

Task = tuple[str, int]
"""The kind of a piece of work, and the id of its row."""


def work(desk: Desk, user_id: int) -> int | None:
    """Do what is due now, here and at the sandbox, until nothing is left that was not tried.

    Return the seconds until the sandbox's next work for this person, or None when there is none.

    Raises:
        requests.RequestException: when the sandbox's clock cannot be set.
    """
    wait_for_others(user_id)
    tried: set[Task] = set()
    for _ in range(PASSES):
        next_in = sandbox.set_clocks(customer_uids(user_id), ahead=int(clocks.ahead(user_id).total_seconds()))
        if not _work_once(desk, user_id, tried):
            break
    return next_in


def customer_uids(user_id: int) -> list[str]:
    """Return the handles of all keys that the person has or had."""
    uids = db.session.scalars(select(BillingKey.customer_uid).where(BillingKey.user_id == user_id)).all()
    db.session.commit()  # the sandbox's webhooks are stored meanwhile
    return list(uids)


def wait_for_others(user_id: int) -> None:
    """Wait until no worker is in the middle of this person's work, for at most `PATIENCE` seconds."""
    deadline = time.monotonic() + PATIENCE
    while _is_in_work(user_id) and time.monotonic() < deadline:
        time.sleep(POLL_INTERVAL)


def _is_in_work(user_id: int) -> bool:
    now = machine_time.shared(clock.machine_now())
    claimed = select(func.count()).where(Subscription.user_id == user_id, Subscription.claimed_until > now)
    read = select(func.count()).select_from(Notice).join(Order, Order.id == Notice.order_id)
    read = read.where(Order.user_id == user_id, Notice.claimed_until > now)
    is_in_work = any(db.session.scalar(query) for query in (claimed, read))
    db.session.commit()
    return is_in_work


def _work_once(desk: Desk, user_id: int, tried: set[Task]) -> bool:
    """Read the notices that wait, and do each piece of work that is due and was not tried. Return whether any was."""
    has_worked = _read_notices(desk, user_id)
    for task, do in _tasks(desk, user_id):
        if task not in tried:
            tried.add(task)
            has_worked = True
            with isolated(f"{task[0]} {task[1]}"), suppress(ShopError):
                do(now=clocks.time_of(user_id))
    return has_worked


def _read_notices(desk: Desk, user_id: int) -> bool:
    """Settle what the sandbox has reported about this person's orders. Return whether anything was reported."""
    machine_now = machine_time.shared(clock.machine_now())
    waiting = notices.due(now=machine_now, owners=_only(user_id)) if desk.client.can_send else ()
    for notice_id in waiting:
        with isolated(f"notice {notice_id}"):
            webhooks.process(desk, notice_id=notice_id, now=clocks.time_of(user_id), machine_now=machine_now)
    wait_for_others(user_id)
    return bool(waiting)


def _tasks(desk: Desk, user_id: int) -> Iterator[tuple[Task, Callable[..., object]]]:
    """Yield what is due, kind by kind as the worker does. Each list is read when the kind before it is done."""
    theirs, now = _only(user_id), clocks.time_of(user_id)
    for one in renewals.due(desk, now=now, owners=theirs):
        yield ("subscription", one), partial(renewals.collect, desk, subscription_id=one)
    for one in open_orders.due(desk, now=now, owners=theirs):
        yield ("order", one), partial(open_orders.process, desk, order_id=one)
    for one in refunds.due(desk, now=now, owners=theirs):
        yield ("refund", one), partial(refunds.process, desk, refund_id=one)
    for one in billing_keys.to_delete(desk, now=now, owners=theirs):
        yield ("key", one), partial(billing_keys.delete, desk, key_id=one)


def _only(user_id: int) -> Owners:
    return Owners(only=frozenset({user_id}))
