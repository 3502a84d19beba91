"""`make serve`, `make demo` and `make reset` in a checkout of their own, which has an `.env`."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from tests.e2e.conftest import ROOT, free_port

pytestmark = pytest.mark.e2e

NOT_CHECKED_OUT = shutil.ignore_patterns(".git", ".venv", ".env", "instance", ".cache", "*_cache", "__pycache__")
MAKE = ("make", "--old-file=.venv/.ready")
"""`.venv` in the copy is a link to the checkout's own, which make must not build again."""

Make = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    checkout = tmp_path / "checkout"
    shutil.copytree(ROOT, checkout, ignore=NOT_CHECKED_OUT)
    (checkout / ".venv").symlink_to((ROOT / ".venv").resolve())
    return checkout


@pytest.fixture
def make(checkout: Path) -> Iterator[Make]:
    """Start `make` with these arguments and without the shop's environment. Ctrl-C stops it after the test."""
    started: list[subprocess.Popen[str]] = []
    clean = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}

    def make(*arguments: str, **environ: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [*MAKE, *arguments],
            cwd=checkout,
            env={**clean, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield make
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            process.communicate(timeout=120)


def described(checkout: Path, **changes: str) -> dict[str, str]:
    """Write an `.env` with which a shop can start, and return its settings."""
    settings = {
        "SECRET_KEY": "a-shop-of-somebodys-own",
        "DATABASE_URL": "sqlite:///shop.db",
        "PUBLIC_URL": "https://shop.example",
        "IMP_API_URL": "http://localhost:1",
        "IMP_SDK_URL": "http://localhost:1/v1/iamport.js",
        "IMP_CODE": "imp12345678",
        "IMP_KEY": "a-key",
        "IMP_SECRET": "a-secret",
        "WEB_CONCURRENCY": "1",
        "LOG_LEVEL": "warning",
        **changes,
    }
    (checkout / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    return settings


def answer_from(port: str, path: str = "/healthz") -> requests.Response:
    """Return the first answer from this port, once the processes that it depends on have started too."""
    patient = requests.Session()
    patience = Retry(400, backoff_factor=0.05, backoff_max=0.3, status_forcelist=[503])
    patient.mount("http://", HTTPAdapter(max_retries=patience))
    return patient.get(f"http://localhost:{port}{path}", timeout=30, allow_redirects=False)


def test_a_shop_listens_where_its_env_file_says(make: Make, checkout: Path):
    port = str(free_port())
    described(checkout, PORT=port)

    make("serve")

    assert answer_from(port).headers["Location"] == f"https://localhost:{port}/healthz"


def test_the_environment_wins_over_the_env_file(make: Make, checkout: Path):
    described(checkout, PORT="1")
    port = str(free_port())

    make("serve", f"PORT={port}")

    assert answer_from(port).status_code == 302


def test_it_is_the_shop_alone_that_is_served(make: Make, checkout: Path):
    port = str(free_port())
    described(checkout, PORT=port)

    make("serve", SHOP_APP="demo")

    assert answer_from(port).status_code == 302


def test_without_a_port_it_is_the_one_that_the_readme_names(make: Make, checkout: Path):
    described(checkout)

    output, _ = make("--dry-run", "serve").communicate(timeout=120)

    assert "--port ${PORT:-8000}" in output


def test_a_demonstration_stands_beside_a_shop_and_is_forgotten_alone(make: Make, checkout: Path):
    """The demonstration uses neither the `.env` nor the database of the shop, and `make reset` deletes neither."""
    described(checkout, PORT="1", DUNNING_DAYS="no days")
    shop = checkout / "instance" / "shop.db"
    shop.parent.mkdir(exist_ok=True)
    shop.write_text("a shop's own")
    ports = {"PORT": str(free_port()), "SANDBOX_PORT": str(free_port())}

    demonstration = make("demo", **ports)
    assert answer_from(ports["PORT"]).status_code == 200
    assert "is running" in make("reset").communicate(timeout=120)[0]

    running = int((checkout / "instance" / "demo" / "pid").read_text())
    os.kill(running, signal.SIGINT)  # to this process alone; a terminal signals all of them
    demonstration.communicate(timeout=120)

    assert "Forgotten" in make("reset").communicate(timeout=120)[0]
    assert [path.name for path in shop.parent.iterdir()] == ["shop.db"]
    assert shop.read_text() == "a shop's own"
