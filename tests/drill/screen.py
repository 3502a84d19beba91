"""The live table of a drill: redrawn in place on a terminal, elsewhere one line every few seconds."""

import shutil
import time
from collections.abc import Sequence

import click

from tests.drill.books import Counts
from tests.drill.programs import Worker

LINE_EVERY = 5.0
"""Seconds between two lines where nothing can be redrawn."""
REDRAW = "\x1b[{lines}A\x1b[J"
"""Move up over the last table, and erase it."""


class Screen:
    """Shows how far the drill is. `title` says what drill it is."""

    def __init__(self, title: str) -> None:
        self._began_at = time.monotonic()
        self._stream = click.get_text_stream("stdout")
        self._drawn = 0
        self._line_at = 0.0
        self._charges, self._measured_at, self._rate = 0, 0.0, 0.0
        click.echo(title)

    @property
    def seconds(self) -> float:
        """How long the drill has run."""
        return time.monotonic() - self._began_at

    def say(self, sentence: str) -> None:
        """Write a sentence that stays, above the table."""
        self._erase()
        click.echo(f"{self._clock()}  {sentence}")

    def show(self, counts: Counts, workers: Sequence[Worker], webhooks: str) -> None:
        """Show the present state: the whole table on a terminal, else one line if the last is old enough."""
        self._measure(sum(worker.charges for worker in workers))
        if self._stream.isatty():
            self._erase()
            width = shutil.get_terminal_size().columns - 1
            lines = [line[:width] for line in self._table(counts, workers, webhooks)]
            click.echo("\n".join(lines))
            self._drawn = len(lines)
        elif self.seconds - self._line_at >= LINE_EVERY:
            self._line_at = self.seconds
            shown = [f"{name} {value}" for name, value in self._columns(counts)]
            click.echo(", ".join([f"{self._clock()}  {shown[0]}", *shown[1:], *self._states(counts, workers)]))

    def _measure(self, charges: int) -> None:
        """Compute the rate of charges with an outcome over the last few seconds."""
        elapsed = self.seconds - self._measured_at
        if elapsed >= LINE_EVERY:
            self._rate = (charges - self._charges) / elapsed
            self._charges, self._measured_at = charges, self.seconds

    def _table(self, counts: Counts, workers: Sequence[Worker], webhooks: str) -> list[str]:
        columns = self._columns(counts)
        return [
            "",
            f"{self._clock()}  " + "".join(f"{name:>10}" for name, _ in columns),
            " " * len(f"{self._clock()}  ") + "".join(f"{value:>10}" for _, value in columns),
            *(f"  {state}" for state in self._states(counts, workers)),
            f"  webhooks: {webhooks}; {counts.waits} of the shop's webhooks and refunds wait",
        ]

    def _columns(self, counts: Counts) -> list[tuple[str, str]]:
        figures = {name: getattr(counts, name) for name in ("due", "charged", "declined", "unknown", "left")}
        return [*((name, str(figure)) for name, figure in figures.items()), ("rate", f"{self._rate:.1f}/s")]

    def _states(self, counts: Counts, workers: Sequence[Worker]) -> list[str]:
        return [
            f"{worker.name} {worker.state}"
            + (f" ({counts.claims.get(worker.process.pid, 0)} claims, breaker {worker.breaker})" if worker.runs else "")
            for worker in workers
        ]

    def _erase(self) -> None:
        if self._drawn:
            click.echo(REDRAW.format(lines=self._drawn), nl=False)
        self._drawn = 0

    def _clock(self) -> str:
        minutes, seconds = divmod(int(self.seconds), 60)
        return f"{minutes}:{seconds:02}"
