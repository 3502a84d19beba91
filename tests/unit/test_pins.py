"""What the Makefile installs is pinned with hashes, the tools that pin included."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"^([A-Za-z][\w.-]*)", re.MULTILINE)


def test_every_installation_requires_hashes():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    installs = [line for line in makefile.splitlines() if "pip install" in line]
    assert installs
    assert [line for line in installs if "--require-hashes" not in line] == []


@pytest.mark.parametrize("name", ["requirements", "requirements-dev", "requirements-tools"])
def test_what_is_wanted_is_pinned_with_a_hash(name):
    wanted = {found.lower() for found in NAMED.findall((ROOT / f"{name}.in").read_text(encoding="utf-8"))}
    pinned = (ROOT / f"{name}.txt").read_text(encoding="utf-8").lower()

    assert {"uv", "pip-audit"} <= wanted or name != "requirements-tools"
    found = set(re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==\S+.*\\\n +--hash", pinned, re.MULTILINE))
    assert {one for one in wanted if one not in found} == set()
