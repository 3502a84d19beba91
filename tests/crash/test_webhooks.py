"""Webhooks come twice, late, in another order, forged, or during the charge; or the web process is killed with them.

Gunicorn receives them, and workers settle them. Each period is charged and paid exactly once.
"""

import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from threading import Event
from time import monotonic

import pytest
import requests
from flask import current_app

import clock
from models import Notice, Order, db
from services import catalog
from states import OrderStatus
from tests.crash import windows
from tests.crash.conftest import Shop, assert_settled, finish
from tests.crash.proxy import CHARGE
from tests.crash.steps import (
    after_the_answer,
    after_the_attempt,
    after_the_key,
    after_the_notice,
    before_the_key,
    before_the_notice,
)
from tests.crash.web import LONGEST_ANSWER, Web
from tests.factories import make_user, place_order

pytestmark = pytest.mark.heavy

FOREVER = ("--forever", "--every", "1")
"""Options of a worker that also settles notices while it charges."""
ORDINARY = {"copies": 0, "shuffle": False, "forged": "none"}
"""How the sandbox treats webhooks in other tests."""


@pytest.fixture
def web(shop: Shop, proxy) -> Iterator[Web]:
    """The web process of the shop, at which its webhooks arrive. The sandbox sends one for each approval."""
    web = Web(shop.environ).start()
    shop.environ["PUBLIC_URL"] = web.url
    shop.control("webhooks", copies=1)
    yield web
    shop.control("webhooks", **ORDINARY)
    web.kill()


def test_notices_that_come_twice_forged_late_and_in_another_order_pay_once(shop, web):
    shop.control("webhooks", copies=2, shuffle=True, forged="wrong_merchant_uid")
    worker = shop.start_worker(*FOREVER)
    wait_until(lambda: shop.paid_periods() == [2, 2, 2])
    assert requests.get(f"{shop.sandbox.url}/control/idle?wait=60", timeout=90).json()["idle"]
    worker.terminate()
    assert finish(worker) == [0]
    for imp_uid in shop.kept_ids():
        shop.control("webhooks/deliver", imp_uid=imp_uid)

    assert finish(*shop.restart(workers=1)) == [0]
    assert db.session.query(Notice).count() == 0
    assert_settled(shop)


def go_on(worker: subprocess.Popen[str]) -> None:
    worker.terminate()
    assert finish(worker) == [0]


def kill(worker: subprocess.Popen[str]) -> None:
    worker.kill()
    finish(worker)


@pytest.mark.parametrize("end", [go_on, kill])
def test_a_notice_that_is_settled_during_the_charge_pays_once(shop, proxy, web, end):
    held = proxy.hold(CHARGE, answered=True)
    worker = shop.start_worker(*FOREVER)
    held.wait()
    wait_until(lambda: sorted(shop.paid_periods()) == [1, 1, 2])
    if end is go_on:
        held.release()
    end(worker)

    assert finish(*shop.restart(workers=1)) == [0]
    assert_settled(shop)


@pytest.mark.parametrize(("step", "stored"), [(before_the_notice, 0), (after_the_notice, 1)])
def test_a_web_process_that_is_killed_with_a_notice_loses_no_payment(shop, proxy, web, step, stored):
    web.kill()
    web.start(die_at=step.__name__)
    held = proxy.hold(CHARGE, answered=True)
    worker = shop.start_worker()
    held.wait()
    assert web.wait_for_death() == -signal.SIGKILL
    kill(worker)

    assert db.session.query(Notice).count() == stored
    assert finish(*shop.restart(workers=1)) == [0]
    assert_settled(shop)


def call_back(web: Web, order: Order, imp_uid: str) -> requests.Response:
    """Post what the page received from the window's callback."""
    browser = requests.Session()
    page = browser.get(f"{web.url}/account/sign-in", timeout=LONGEST_ANSWER).text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token is not None
    news = {"merchant_uid": order.merchant_uid, "imp_uid": imp_uid}
    headers = {"X-CSRFToken": token[1]}
    return browser.post(f"{web.url}/payments/complete", json=news, headers=headers, timeout=LONGEST_ANSWER)


def land(web: Web, order: Order, imp_uid: str) -> requests.Response:
    """Follow the redirect of a window."""
    news = {"merchant_uid": order.merchant_uid, "imp_uid": imp_uid}
    return requests.get(f"{web.url}/payments/landing", params=news, timeout=LONGEST_ANSWER)


@pytest.mark.parametrize(
    ("come_back", "step"),
    [
        (call_back, before_the_key),
        (land, after_the_key),
        (call_back, after_the_attempt),
        (land, after_the_answer),
    ],
)
def test_a_web_process_that_is_killed_with_a_buyer_loses_no_payment(
    shop: Shop, web: Web, come_back: Callable[[Web, Order, str], requests.Response], step: Callable[..., None]
) -> None:
    """The buyer comes back from the window, and the shop adopts the key and takes the first payment."""
    shop.control("webhooks", **ORDINARY)
    desk, plan = current_app.extensions["desk"], catalog.plan_on_sale("coffee-monthly")
    order = place_order(desk, make_user(), plan, now=clock.now())
    imp_uid = windows.pay(desk, order, shop.sandbox.url)
    web.kill()
    web.start(die_at=step.__name__)
    with pytest.raises(requests.ConnectionError):
        come_back(web, order, imp_uid)
    assert web.wait_for_death() == -signal.SIGKILL

    for _ in ("to read the order", "to charge the key"):
        assert finish(*shop.restart(workers=1)) == [0]
    assert order.status is OrderStatus.PAID
    assert shop.kept() == shop.booked()
    assert sorted(shop.paid_periods()) == [1, 2, 2, 2]


def wait_until(happened: Callable[[], bool]) -> None:
    """Look again and again until it has happened."""
    deadline, pause = monotonic() + LONGEST_ANSWER, Event()
    while not happened():
        assert monotonic() < deadline
        pause.wait(0.1)
