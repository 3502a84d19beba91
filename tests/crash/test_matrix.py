"""`kill -9` at each step of a charge, and a restart: every due period is charged and paid exactly once."""

import signal

import pytest

from tests.crash.conftest import assert_settled, finish
from tests.crash.steps import STEPS, before_its_commit

pytestmark = pytest.mark.heavy

HOLDS_A_LOCK = before_its_commit.__name__
"""The step at which another worker would wait for the stopped worker's transaction."""

each_step = pytest.mark.parametrize("step", STEPS)


@each_step
def test_a_killed_worker_loses_and_repeats_no_charge(shop, step):
    worker = shop.start_worker_to(step)
    worker.kill()

    assert finish(worker) == [-signal.SIGKILL]
    assert finish(*shop.restart(workers=1)) == [0]
    assert_settled(shop)


@each_step
def test_nor_does_it_beside_another_worker(shop, step):
    worker = shop.start_worker_to(step)
    other = shop.start_worker()
    if step != HOLDS_A_LOCK:
        finish(other)
    worker.kill()
    finish(worker, other)

    assert finish(*shop.restart(workers=2)) == [0, 0]
    assert_settled(shop)
