"""Two people press *Pay now* at the same moment, or a person and the worker charge: each period is paid once."""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier

import pytest
import requests

from models import Subscription, db
from tests.crash.conftest import Shop, assert_settled, finish
from tests.crash.proxy import CHARGE
from tests.crash.steps import after_the_answer, during_the_call
from tests.crash.web import Tab, Web

pytestmark = pytest.mark.heavy

OpenTab = Callable[[], Tab]


@pytest.fixture
def open_tab(shop: Shop, proxy) -> Iterator[OpenTab]:
    """A function that opens the page of the first subscription, each time at a web process of its own."""
    with ExitStack() as stack:

        def open_tab() -> Tab:
            web = Web(shop.environ)
            stack.callback(web.kill)
            web.start()
            subscription = db.session.query(Subscription).order_by(Subscription.id).first()
            tab = Tab(web, subscription.user, subscription.id)
            db.session.commit()
            return tab

        yield open_tab


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def test_two_people_who_pay_at_the_same_moment_pay_once(shop, open_tab, pool):
    tabs, moment = (open_tab(), open_tab()), Barrier(2, timeout=60)

    def pay(tab: Tab) -> str:
        moment.wait()
        return tab.pay_now()

    outcomes = list(pool.map(pay, tabs))

    assert "paid" in outcomes
    assert set(outcomes) <= {"paid", "charge_in_progress"}
    assert [tab.pay_now() for tab in tabs] == ["paid", "paid"]
    assert sum(shop.charges().values()) == 1
    assert sorted(shop.paid_periods()) == [1, 1, 2]


@pytest.mark.parametrize("answered", [False, True], ids=["not_charged_yet", "charged"])
@pytest.mark.parametrize("is_killed", [False, True], ids=["released", "killed"])
def test_who_pays_while_a_web_process_charges_pays_once(shop, proxy, open_tab, pool, answered, is_killed):
    """One process is in the middle of its call; a person presses at another one, and the worker comes too."""
    first, second = open_tab(), open_tab()
    held = proxy.hold(CHARGE, answered=answered)
    pressed = pool.submit(first.pay_now)
    held.wait()

    assert second.pay_now() == "charge_in_progress"
    assert finish(shop.start_worker()) == [0]
    if is_killed:
        first.web.kill()
        assert isinstance(pressed.exception(), requests.ConnectionError)
        assert finish(*shop.restart(workers=1)) == [0]
        held.release()  # the request of the killed process arrives after all
    else:
        held.release()
        assert pressed.result() == "paid"
    assert second.pay_now() == "paid"
    assert_settled(shop)


@pytest.mark.parametrize("step", [during_the_call, after_the_answer])
@pytest.mark.parametrize("is_killed", [False, True], ids=["released", "killed"])
def test_who_pays_while_the_worker_charges_pays_once(shop, open_tab, step, is_killed):
    tab = open_tab()
    worker = shop.start_worker_to(step.__name__)

    assert tab.pay_now() == "charge_in_progress"
    if is_killed:
        worker.kill()
        finish(worker, *shop.restart(workers=1))
    else:
        worker.send_signal(signal.SIGCONT)
        assert finish(worker) == [0]
    assert tab.pay_now() == "paid"
    assert_settled(shop)
