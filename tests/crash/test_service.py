"""The payment service is killed, connections drop and answers are lost: every due period is charged and paid once."""

import threading
from collections.abc import Callable

import pytest

from tests.crash import proxy as faults
from tests.crash.conftest import Shop, assert_settled, finish
from tests.crash.proxy import CHARGE, LOOK_UP, TOKEN, Exchange, Fault, Proxy
from tests.sandbox.process import Sandbox

pytestmark = pytest.mark.heavy

SETTLED, UNKNOWN, STOPPED = 0, 1, 3
"""Exit codes of `renew-due`."""
SHORT = "1"
"""Seconds. `IMP_TIMEOUT` of a worker whose answers never arrive."""


def killing(service: Sandbox, *, answered: bool) -> Fault:
    """Return a fault that kills the service after it has answered a call, or while it works on it."""

    def kill(exchange: Exchange) -> None:
        asking = threading.Thread(target=exchange.ask)
        asking.start()
        if answered:
            asking.join()
        service.kill()
        asking.join()

    return kill


def killed_before_its_first_call(service: Sandbox, _proxy: Proxy) -> None:
    service.kill()


def killed_while_it_charges(service: Sandbox, proxy: Proxy) -> None:
    proxy.plan(CHARGE, killing(service, answered=False))


def killed_before_it_answers(service: Sandbox, proxy: Proxy) -> None:
    proxy.plan(CHARGE, killing(service, answered=True))


def killed_between_two_charges(service: Sandbox, proxy: Proxy) -> None:
    proxy.plan(CHARGE, lambda exchange: exchange.answer(exchange.ask()))
    proxy.plan(CHARGE, lambda exchange: service.kill())


@pytest.mark.parametrize(
    ("kill", "outcome"),
    [
        (killed_before_its_first_call, STOPPED),
        (killed_while_it_charges, UNKNOWN),
        (killed_before_it_answers, UNKNOWN),
        (killed_between_two_charges, UNKNOWN),
    ],
)
def test_a_killed_service_loses_and_repeats_no_charge(
    shop: Shop, service: Sandbox, proxy: Proxy, kill: Callable[[Sandbox, Proxy], None], outcome: int
) -> None:
    kill(service, proxy)

    assert finish(shop.start_worker()) == [outcome]
    service.start()
    assert finish(*shop.restart(workers=1)) == [SETTLED]
    assert proxy.is_spent
    assert_settled(shop)


@pytest.mark.parametrize("fault", [faults.closed_before, faults.closed_after, faults.cut_short, faults.never_answered])
def test_a_dropped_connection_loses_and_repeats_no_charge(shop: Shop, proxy: Proxy, fault: Fault) -> None:
    """First each charge fails, and after the restart a request of a token and each look-up."""
    if fault is faults.never_answered:
        shop.environ["IMP_TIMEOUT"] = SHORT
    proxy.plan(CHARGE, fault, times=len(shop.keys))
    assert finish(shop.start_worker()) == [UNKNOWN]

    proxy.plan(TOKEN, fault)
    proxy.plan(LOOK_UP, fault, times=len(shop.keys) - 1)
    assert finish(*shop.restart(workers=1)) == [UNKNOWN]

    assert finish(*shop.restart(workers=1)) == [SETTLED]
    assert proxy.is_spent
    assert_settled(shop)
