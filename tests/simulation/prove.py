"""Prove the net: play each planted bug until the simulation finds it. Prints a table: bug, first seed, seconds."""

import logging
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.simulation.mutants.planted import MUTANTS
from tests.simulation.run import run
from tests.simulation.world import Shop

MOST_SEEDS = 1000
YEARS, MOST_STEPS = 0.25, 80


def found_by(shop: Shop, name: str, *, most_seeds: int = MOST_SEEDS, first: int = 1) -> tuple[int, list[str]] | None:
    """Return the first seed that finds the planted bug, and what is wrong then; None if no seed does."""
    with MUTANTS[name]():
        for seed in range(first, first + most_seeds):
            result = run(shop, seed, years=YEARS, most_steps=MOST_STEPS)
            if result.wrong:
                return seed, result.wrong
    return None


def main() -> int:
    """Play the bugs named in `MUTANT` (comma-separated), or all."""
    logging.getLogger().setLevel(logging.CRITICAL)
    names = os.environ.get("MUTANT", ",".join(MUTANTS)).split(",")
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Path(folder))
        for name in names:
            begun = time.process_time()
            found = found_by(shop, name)
            missed += found is None
            seed, wrong = (found[0], found[1][0]) if found else ("not found", "")
            sys.stdout.write(f"| `{name}` | {seed} | {time.process_time() - begun:.0f} | {wrong} |\n")
            sys.stdout.flush()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
