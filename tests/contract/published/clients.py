"""Published clients, each with its own environment and its own process."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
CACHE = HERE.parents[2] / ".cache" / "published-clients"
"""Where environments are kept: one for each list of packages."""

INSTALLING = 300
"""Seconds that a package manager may take."""


class Unavailable(Exception):
    """The environment cannot be created on this machine: no network, or no Node.js."""


def python_command() -> list[str]:
    """Return the command that starts a driver of a PyPI client.

    Raises:
        Unavailable: when its environment cannot be created.
    """
    listed = HERE / "requirements.txt"
    place = _place(listed, sys.version)
    python = place / "bin" / "python"
    with _turn(place):
        if not _is_ready(place):
            venv.create(place, clear=True)  # without a pip of its own, which takes as long to install as the packages
            pip = (sys.executable, "-m", "pip", "--python", str(python))
            _install(place, *pip, "install", "--quiet", "--requirement", str(listed))
    return [str(python), str(HERE / "driver.py")]


def node_command() -> list[str]:
    """Return the command that starts a driver of an npm client; `NODE_PATH` leads to the clients.

    Raises:
        Unavailable: when its environment cannot be created.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise Unavailable("Node.js and npm are not installed")
    listed = HERE / "package.json"
    place = _place(listed, "node")
    with _turn(place):
        if not _is_ready(place):
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            shutil.copy(listed, place)
            # Run no package's install script: these clients need none.
            _install(place, npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(place))
    return ["env", f"NODE_PATH={place / 'node_modules'}", node, str(HERE / "driver.js")]


def available(command: Callable[[], list[str]]) -> list[str]:
    """Return the command, or skip the test without an environment for it. `REQUIRE_SERVICES=1` forbids to skip."""
    try:
        return command()
    except Unavailable as why:
        if os.environ.get("REQUIRE_SERVICES") == "1":
            raise
        pytest.skip(f"published clients: {why}")


def compiler() -> list[str]:
    """Return the command that compiles TypeScript; it is installed beside the npm clients.

    Raises:
        Unavailable: when its environment cannot be created.
    """
    _, node_path, node, _ = node_command()
    return [node, f"{node_path.removeprefix('NODE_PATH=')}/typescript/bin/tsc"]


def _place(listed: Path, flavour: str) -> Path:
    return CACHE / hashlib.sha256(listed.read_bytes() + flavour.encode()).hexdigest()[:16]


@contextmanager
def _turn(place: Path) -> Iterator[None]:
    """Let one worker at a time create an environment: the first creates it, the others wait for it."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{place.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_ready(place: Path) -> bool:
    return (place / ".ready").exists()


def _install(place: Path, *command: str) -> None:
    """Install the packages, and mark the environment finished. An unfinished one has no mark and is created again."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALLING, check=False)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{command[0]} took more than {INSTALLING} s") from None
    if done.returncode:
        raise Unavailable(f"the packages could not be installed: {done.stderr.strip().splitlines()[-1:]}")
    (place / ".ready").touch()


class Client:
    """One running client."""

    def __init__(self, command: list[str], name: str, url: str, key: str, secret: str) -> None:
        # A proxy from the environment would not reach a sandbox on this machine.
        environ = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        self.process = subprocess.Popen(
            [*command, name, url, key, secret],
            env=environ, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.called: set[str] = set()

    def call(self, method: str, args: list[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Call a method and return `{"returned": …}` or `{"raised": {"type", "code", "message"}}`."""
        self.called.add(method)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.process.stdin.write(json.dumps({"call": method, "args": args, "kwargs": kwargs}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        return json.loads(line)

    def methods(self) -> set[str]:
        """Return the names of all methods, as the client lists them."""
        return set(self.call("methods", [], {})["returned"])

    def close(self) -> None:
        self.process.communicate(timeout=10)
