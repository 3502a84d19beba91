"""A small drill with real processes, and what the command refuses."""

import os
import sqlite3
import subprocess
import sys

import pytest
from click.testing import CliRunner

from tests.drill.run import main
from tests.sandbox.process import ROOT

LONGEST = 300
"""Seconds. A drill of this size takes about one minute, and more on a busy machine."""


@pytest.mark.heavy
def test_a_small_drill_charges_nothing_twice_and_loses_nothing():
    command = [sys.executable, "-m", "tests.drill.run"]
    environ = {**os.environ, "DUE": "16", "DATABASE": "sqlite", "URL": "", "SEED": "7"}

    drill = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=LONGEST)

    ledger = dict(line.rsplit(maxsplit=1) for line in drill.stdout.partition("The ledger")[2].splitlines()[1:9])
    assert drill.returncode == 0, drill.stdout + drill.stderr
    assert "kill -9: worker" in drill.stdout
    assert {name: ledger[name] for name in ("due", "charged twice", "lost", "without an outcome")} == {
        "due": "16",
        "charged twice": "0",
        "lost": "0",
        "without an outcome": "0",
    }
    assert int(ledger["charged once"]) + int(ledger["declined"]) == 16


@pytest.mark.parametrize(
    "options",
    [["--due", "0"], ["--due", "many"], ["--database", "oracle"], ["--seed", "x"], ["--url", "postgresql://x/y"]],
    ids=" ".join,
)
def test_a_wrong_option_ends_with_2(options):
    assert CliRunner().invoke(main, options).exit_code == 2


def test_a_database_in_use_is_left_alone(tmp_path):
    with sqlite3.connect(tmp_path / "shop.db") as database:
        database.execute("CREATE TABLE orders (id INTEGER)")

    refusal = CliRunner().invoke(main, ["--url", f"sqlite:///{tmp_path}/shop.db"])

    assert refusal.exit_code == 2
    assert "A drill needs an empty one" in refusal.output
