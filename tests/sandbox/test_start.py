"""Starting: alone, several workers at once, and again on the same file."""

import multiprocessing
import os
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
import requests

from sandbox.app import create_app
from sandbox.config import Config
from sandbox.models import Merchant, db
from tests.sandbox.conftest import Api


def start_worker(url: str) -> int:
    """Module level, because another process must find it by name."""
    app = create_app(Config(DATABASE_URL=url), background=False)
    with app.app_context():
        return db.session.query(Merchant).count()


def test_workers_that_start_at_once_share_one_database(tmp_path):
    url = f"sqlite:///{tmp_path}/sandbox.db"

    with multiprocessing.get_context("spawn").Pool(4) as workers:
        merchants = workers.map(start_worker, [url] * 4, chunksize=1)

    assert merchants == [1, 1, 1, 1]


def test_a_second_start_keeps_what_happened(config, api):
    api.issue()
    api.charge("order-1")

    restarted = Api(create_app(config, background=False).test_client())

    assert restarted.get("/payments/find/order-1/paid").response["amount"] == 9900


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "postgresql://localhost/sandbox"])
def test_a_database_that_workers_cannot_share_is_turned_down(url):
    with pytest.raises(ValueError, match="SANDBOX_DATABASE_URL"):
        create_app(Config(DATABASE_URL=url))


def test_the_environment_sets_what_it_names_and_nothing_else():
    config = Config.from_environ({"SANDBOX_KEY": "k", "SANDBOX_SECRET": "", "PATH": "/bin"})

    assert config == Config(KEY="k")


def test_it_runs_alone_with_other_credentials_and_stops_when_told(tmp_path):
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--database", str(tmp_path / "alone.db")]
    command += ["--code", "imp_mine", "--key", "my-key", "--secret", "my-secret", "--latency", "0.25"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ)
    ready = process.stdout.readline()
    base = re.search(r"http://\S+", ready)[0]

    answer = requests.post(f"{base}/users/getToken", data={"imp_key": "my-key", "imp_secret": "my-secret"}, timeout=10)
    levers = requests.get(f"{base}/control/levers", timeout=10).text
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=10)

    assert "imp_mine" in ready
    assert "my-secret" not in ready + rest
    assert answer.json()["code"] == 0
    assert answer.elapsed.total_seconds() >= 0.25
    assert "0.25" in levers
    assert process.returncode == 0


def test_a_file_that_another_version_has_left_is_made_anew(config, api):
    api.issue()
    with closing(sqlite3.connect(config.DATABASE_URL.removeprefix("sqlite:///"))) as file:
        file.execute("PRAGMA user_version = 1")
        file.execute("CREATE TABLE relics (id INTEGER)")

    restarted = Api(create_app(config, background=False).test_client())

    assert restarted.charge("order-1").message == "등록되지 않은 구매자입니다."
