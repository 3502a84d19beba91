"""What `flask renew-due` prints: a progress bar on a terminal, elsewhere one JSON line per charge and a summary."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

import click

from rounds import Attempt, Tally


def write(**facts: object) -> None:
    """Write one JSON line to the standard output."""
    click.echo(json.dumps(facts, ensure_ascii=False))


class Lines:
    """One JSON line per charge, for a log: `subscription`, `merchant_uid` and `outcome`."""

    def add(self, attempt: Attempt, tally: Tally) -> None:
        """Write the line of one charge."""
        write(subscription=attempt.subscription_id, merchant_uid=attempt.merchant_uid, outcome=attempt.outcome)

    def close(self, tally: Tally) -> None:
        """Write the summary, unless nothing was due."""
        if tally.tried or tally.is_stopped:
            write(**_counts(tally), stopped=tally.is_stopped, seconds=round(tally.seconds, 1))


class Bar:
    """A progress bar with the rate, and how many charges are left, declined and unknown."""

    def __init__(self, bar: Any) -> None:
        self._bar = bar

    def add(self, attempt: Attempt, tally: Tally) -> None:
        """Move the bar on by one charge."""
        self._bar.length = max(self._bar.length, tally.tried)
        left = self._bar.length - tally.tried
        state = f"{tally.rate:.1f}/s, {left} left, {tally.declined} declined, {tally.unknown} unknown"
        self._bar.update(1, current_item=state)

    def close(self, tally: Tally) -> None:
        """Write the summary under the bar, unless nothing was due."""
        self._bar.render_finish()
        if tally.tried or tally.is_stopped:
            counts = ", ".join(f"{count} {name}" for name, count in _counts(tally).items())
            click.echo(f"{counts}, in {tally.seconds:.1f} s" + (_STOPPED if tally.is_stopped else ""))


_STOPPED = ". Stopped: the payment service does not answer. What is left stays due."


@contextmanager
def of_round(due: int, *, stream: TextIO | None = None) -> Iterator[Lines | Bar]:
    """Return what reports a round in which `due` subscriptions are due when it begins."""
    stream = stream or sys.stdout
    if not stream.isatty():
        yield Lines()
        return
    with click.progressbar(
        length=due, label="Charging", item_show_func=lambda state: state, file=stream, show_eta=False
    ) as bar:
        yield Bar(bar)


def _counts(tally: Tally) -> dict[str, int]:
    return {name: getattr(tally, name) for name in ("paid", "declined", "unknown", "postponed")}
