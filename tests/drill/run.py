"""The drill: two workers charge what is due while the service fails, and one of them is killed. `make drill` runs it.

The first charges meet the faults of the seed. In the middle one worker is killed (`kill -9`) and another takes its
place. Then an hour passes, a day and three days, so that unknown outcomes are looked up, declined charges repeated, and
late approvals arrive. In the end the service's own list of payments is compared with the shop's books.
"""

import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import click
import psycopg
from sqlalchemy import create_engine, inspect
from sqlalchemy.exc import SQLAlchemyError

from app import create_app
from config import Config, ConfigError
from services.desk import Desk
from tests.crash.due_shop import CARD, close_database, environment
from tests.drill import books, faults
from tests.drill.books import Counts
from tests.drill.ledger import Ledger, Payment, compare
from tests.drill.programs import Programs, Worker
from tests.drill.screen import Screen
from tests.postgresql import new_database

LOOK_EVERY = 0.5
"""Seconds between two looks at the books."""
DISTURB_EVERY = 4
"""Looks between two changes of what happens to webhooks."""
LONGEST = 100.0
"""Seconds that the first charges may take, and half of it whatever follows. A drill that hangs ends with its ledger."""
AN_HOUR, A_DAY, THREE_DAYS = timedelta(minutes=65), timedelta(hours=25), timedelta(hours=73)
HOURS = 6
"""How many hours may pass before the shop has looked up everything: its longest pause is one hour."""
SETTINGS = {"IMP_TIMEOUT": "4", "FLASK_SKIP_DOTENV": "1"}
"""A short deadline, so that a lost answer costs four seconds and not thirty."""


class Drill:
    """One run. It owns the processes, and reads the books beside them."""

    def __init__(self, programs: Programs, environ: dict[str, str], desk: Desk, screen: Screen, random: Random) -> None:
        self._programs, self._environ, self._desk = programs, environ, desk
        self._screen, self._random = screen, random
        self._control = f"{programs.sandbox.url}/control"
        self._looks = 0
        self._webhooks = "sent once"
        self._pause = threading.Event()  # never set: only its timeout is used

    def run(self, count: int) -> Ledger:
        """Drill with this many due subscriptions, and return the ledger."""
        faults.set_clock_back(self._control, AN_HOUR * HOURS * 3 + A_DAY + THREE_DAYS)
        keys = books.sell(count=count)
        for key in keys:
            self._programs.sandbox.post(f"/subscribe/customers/{key}", **CARD)
        struck = faults.plan(self._control, keys, self._random)
        self._screen.say(f"{count} due, {struck} of them meet a fault. Two workers start.")
        self._charge()
        self._settle()
        for passed, by in (("A day passes", A_DAY), ("Three days pass", THREE_DAYS)):
            self._screen.say(f"{passed}: declined charges are repeated, and late approvals arrive.")
            self._pass_time(by)
            self._settle()
        for worker in self._programs.workers:
            worker.stop()
        return compare(books.bills(), self._payments())

    def _charge(self) -> None:
        """Make the first charges, and kill a worker in the middle."""
        self._programs.start_web(self._environ)
        for _ in range(2):
            self._programs.start_worker(self._environ)
        self._wait(lambda counts: self._is_middle(counts) or counts.left == 0, LONGEST)
        victim = self._victim(self._look()) or self._programs.workers[0]
        victim.kill()
        claims = self._look().claims.get(victim.process.pid, 0)
        self._screen.say(f"kill -9: {victim.name} leaves {claims} claims. Another starts.")
        self._programs.start_worker(self._environ)
        self._wait(lambda counts: counts.left == 0, LONGEST)

    def _settle(self) -> None:
        """Let hours pass until nothing waits but declines. At least one passes: it shows that nothing more happens."""
        for hour in range(HOURS):
            counts = self._wait(lambda counts: counts.rests, LONGEST / 2)
            if counts.is_settled and hour:
                return
            self._screen.say(f"An hour passes. Without an outcome: {counts.unknown}; other waits: {counts.waits}")
            self._pass_time(AN_HOUR)
            self._programs.reconcile(self._environ)

    def _pass_time(self, by: timedelta) -> None:
        """Move the service's clock on, and let the shop's pauses end as if this much time had passed."""
        faults.move_clock(self._control, by)
        books.pass_time(by)

    def _wait(self, is_over: Callable[[Counts], bool], longest: float) -> Counts:
        """Look at the books until they are as wanted, or for the longest time, and return the last look."""
        until = self._screen.seconds + longest
        while not is_over(counts := self._look()) and self._screen.seconds < until:
            self._pause.wait(LOOK_EVERY)
        return counts

    def _look(self) -> Counts:
        if self._looks % DISTURB_EVERY == 0:
            self._webhooks = faults.disturb_webhooks(self._control, self._random)
        self._looks += 1
        counts = books.count(self._desk)
        self._screen.show(counts, self._programs.workers, self._webhooks)
        return counts

    def _is_middle(self, counts: Counts) -> bool:
        """Whether a third is tried, and a worker is in the middle of a charge."""
        return counts.left < counts.due * 2 / 3 and self._victim(counts) is not None

    def _victim(self, counts: Counts) -> Worker | None:
        """Return the worker that holds most claims, if any holds one."""
        holders = [worker for worker in self._programs.workers if counts.claims.get(worker.process.pid)]
        return max(holders, key=lambda worker: counts.claims[worker.process.pid], default=None)

    def _payments(self) -> Iterator[Payment]:
        """Yield every payment that the service approved, also those that were refunded."""
        for status in ("paid", "cancelled"):
            page = 1
            while page:
                listed = self._programs.sandbox.get(f"/payments/status/{status}?limit=1000&sorting=started&page={page}")
                yield from (_payment(record) for record in listed["list"] if record["customer_uid_usage"] == "payment")
                page = listed["next"]


def _payment(record: dict[str, Any]) -> Payment:
    names = ("imp_uid", "merchant_uid", "customer_uid", "amount")
    return Payment(**{name: record[name] for name in names}, left=record["amount"] - record["cancel_amount"])


@contextmanager
def _database(kind: str, url: str, folder: Path) -> Iterator[str]:
    """Yield the address of an empty database.

    Raises:
        click.UsageError: when there is none: no server answers, or the database of `url` holds tables.
    """
    if not url and kind == "sqlite":
        yield f"sqlite:///{folder}/shop.db"
        return
    with ExitStack() as stack:
        if not url:
            try:
                url = stack.enter_context(new_database())
            except psycopg.OperationalError as err:
                raise click.UsageError("No PostgreSQL answers on 127.0.0.1:5432. Name a database with URL=…") from err
        if not url.startswith(kind):
            raise click.UsageError(f"URL names no {kind} database.")
        engine = create_engine(url)
        try:
            is_empty = not inspect(engine).get_table_names()
        except SQLAlchemyError as err:
            raise click.UsageError(f"The database of URL does not answer: {err}") from err
        finally:
            engine.dispose()
        if not is_empty:
            raise click.UsageError("The database of URL holds tables. A drill needs an empty one, and fills it.")
        yield url


@click.command()
@click.option("--due", type=click.IntRange(1, 10_000), default=500, envvar="DUE", show_default=True)
@click.option("--database", type=click.Choice(["sqlite", "postgresql"]), default="sqlite", envvar="DATABASE")
@click.option("--url", default="", envvar="URL", help="An empty database, which is kept. Default: a new one.")
@click.option("--seed", type=int, default=1, envvar="SEED", show_default=True, help="Selects the faults.")
def main(due: int, database: str, url: str, seed: int) -> None:
    """Charge DUE subscriptions under faults, with one worker killed, and compare money and books.

    Exit codes: 0 when nothing was charged twice and nothing lost, 1 otherwise, 2 for wrong usage.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="drill-")))
        address = stack.enter_context(_database(database, url, folder))
        screen = Screen(f"Drill: {due} due on {database}, seed {seed}")
        programs = Programs(folder)
        stack.callback(programs.close)
        programs.start_sandbox()
        environ = environment(database=address, service=programs.sandbox.url, public_url=programs.shop_url) | SETTINGS
        try:
            app = create_app(Config.from_environ(environ))
        except ConfigError as err:
            raise click.UsageError(str(err)) from err
        stack.enter_context(app.app_context())
        stack.callback(close_database)
        ledger = Drill(programs, environ, app.extensions["desk"], screen, Random(seed)).run(due)
        screen.say("The ledger: the service's list of payments against the shop's books")
        click.echo("\n".join(ledger.lines()))
        click.echo(f"errors in the workers' logs: {sum(worker.errors for worker in programs.workers)}")
        if ledger.exit_code:
            programs.close()
            kept = shutil.copytree(folder, tempfile.mkdtemp(prefix="drill-"), dirs_exist_ok=True)
            click.echo(f"Logs and SQLite files: {kept}")
    sys.exit(ledger.exit_code)


if __name__ == "__main__":
    main()
