"""What goes wrong at the service during a drill, by the sandbox's own levers. One seed always plans the same faults."""

from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

import requests

HOUR = int(timedelta(hours=1).total_seconds())


@dataclass(frozen=True)
class Fault:
    """What happens to the charges of one key, one after the other. Later charges take their ordinary course."""

    per_thousand: int
    """How many of a thousand keys meet it. With few keys, each fault that fits meets one."""
    steps: tuple[dict[str, Any], ...]
    """Fields of `POST /control/outcomes`."""


FAULTS = (
    Fault(50, ({"outcome": "answer_lost"},)),
    Fault(30, ({"outcome": "slow", "seconds": 2},)),
    Fault(20, ({"outcome": "slow", "seconds": 8},)),  # answered when the shop has hung up
    Fault(40, ({"outcome": "error_before_charge"},)),
    Fault(40, ({"outcome": "error_after_charge"},)),
    Fault(20, ({"outcome": "error_before_charge"}, {"outcome": "answer_lost"})),
    Fault(8, ({"outcome": "too_many_requests"},)),  # few, since each makes its worker pause longer than the last
    Fault(40, ({"outcome": "decline"},)),
    Fault(20, ({"outcome": "decline"}, {"outcome": "answer_lost"})),
    Fault(30, ({"outcome": "insufficient_funds", "times": 9},)),
    Fault(30, ({"outcome": "pending", "seconds": 5},)),
    Fault(30, ({"outcome": "late_approval", "seconds": 5},)),
    # Approved when the charge of the next day has paid the period, or was declined as well.
    Fault(20, ({"outcome": "late_approval", "seconds": 36 * HOUR},)),
    Fault(20, ({"outcome": "late_approval", "seconds": 36 * HOUR}, {"outcome": "decline"})),
)
FORGERIES = ("none", "none", "wrong_amount", "unknown_imp_uid", "wrong_merchant_uid")


def plan(control: str, keys: list[str], random: Random) -> int:
    """Plan the faults of these keys at the levers under the address `control`. Return how many keys meet one."""
    waiting = random.sample(keys, len(keys))
    struck = 0
    for fault in FAULTS:
        for _ in range(max(1, len(keys) * fault.per_thousand // 1000)):
            if not waiting:
                return struck
            key, struck = waiting.pop(), struck + 1
            for step in fault.steps:
                _pull(f"{control}/outcomes", {**step, "customer_uid": key, "place": "charge"})
    return struck


def disturb_webhooks(control: str, random: Random) -> str:
    """Lose, double, delay, reorder or forge the webhooks from now on, and return in words what becomes of them."""
    policy = {
        "copies": random.choice((0, 1, 2)),
        "delay": random.choice((0, 0, 3)),
        "format": random.choice(("json", "form")),
        "shuffle": random.random() < 0.3,
        "forged": random.choice(FORGERIES),
    }
    _pull(f"{control}/webhooks", policy)
    words = [("lost", "sent once", "sent twice")[policy["copies"]]]
    words += [f"{policy['delay']} s late"] * bool(policy["delay"]) + ["reordered"] * policy["shuffle"]
    return ", ".join([*words, *(["forged ones ahead"] if policy["forged"] != "none" else [])])


def set_clock_back(control: str, by: timedelta) -> None:
    """Set the service's clock back, so that it can be moved on later and never runs ahead of the shop's."""
    _pull(f"{control}/clock", {"offset": -int(by.total_seconds())})


def move_clock(control: str, by: timedelta) -> None:
    """Move the service's clock on. What falls due on the way happens: late approvals, and their webhooks."""
    _pull(f"{control}/clock", {"advance": int(by.total_seconds())})


def _pull(lever: str, fields: dict[str, Any]) -> None:
    requests.post(lever, json=fields, timeout=120).raise_for_status()
