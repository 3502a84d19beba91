"""The simulation: the engine survives random faults, a seed replays identically, and planted bugs are found.

A failing seed is replayed with its trace by `make simulate SEED=… YEARS=…`.
"""

import pytest

from tests.simulation.prove import found_by
from tests.simulation.run import run
from tests.simulation.world import Shop

SEEDS_OF_EVERY_RUN = (1, 2)
STEPS = 100
FOUND = (
    "amount_not_checked",
    "commit_dropped",
    "dunning_double",
    "foreign_payment_accepted",
    "late_approval_ignored",
    "next_charge_forgotten",
    "partial_refund_ignored",
    "period_granted_twice",
    "refund_ignored",
    "refund_repeated",
    "sent_before_stored",
    "surplus_kept",
    "unanswered_charge_ignored",
    "webhook_believed",
)
"""The planted bugs that are found soonest, within a dozen seeds. `python -m tests.simulation.prove` plays all."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Shop:
    return Shop(tmp_path_factory.mktemp("simulation"))


@pytest.mark.parametrize("seed", SEEDS_OF_EVERY_RUN)
def test_whatever_happens_money_and_books_agree_in_the_end(shop, seed):
    result = run(shop, seed, years=1, most_steps=STEPS)

    assert result.wrong == [], "\n".join(result.trace[-30:])


def test_a_seed_replays_identically(shop):
    first, second = (run(shop, 3, years=1, most_steps=40) for _ in range(2))

    assert first == second


def test_a_planted_bug_is_found_and_leaves_nothing_behind(shop):
    assert found_by(shop, "commit_dropped", most_seeds=2) is not None
    assert run(shop, 1, years=1, most_steps=20).wrong == []


@pytest.mark.heavy
@pytest.mark.parametrize("name", FOUND)
def test_planted_bugs_are_found(shop, name):
    assert found_by(shop, name, most_seeds=50) is not None
