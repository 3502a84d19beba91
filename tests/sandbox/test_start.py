"""Starting the sandbox: alone, as several workers together, and again on the same file."""

import multiprocessing
import os
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from sandbox import __version__
from sandbox.__main__ import host_to_open, main, trusting
from sandbox.app import create_app
from sandbox.config import THIS_MACHINE, Config
from sandbox.ledger.models import Merchant, db
from sandbox.ledger.transactions import WriteQueue
from tests.sandbox.conftest import Api
from tests.sandbox.ledger.old_ledgers import make_unversioned


def start_worker(url: str) -> int:
    """Start a worker and count its merchants. At module level, because another process must find it by name."""
    app = create_app(Config(DATABASE_URL=url), background=False)
    with app.app_context():
        return db.session.query(Merchant).count()


def test_workers_that_start_together_share_one_database(tmp_path):
    assert start_together(f"sqlite:///{tmp_path}/sandbox.db") == [1, 1, 1, 1]


def test_workers_that_start_together_migrate_an_old_ledger_once(tmp_path):
    url = f"sqlite:///{tmp_path}/sandbox.db"
    start_worker(url)
    make_unversioned(tmp_path / "sandbox.db")

    assert start_together(url) == [1, 1, 1, 1]


def start_together(url: str) -> list[int]:
    """Start four workers at the same moment, and return how many merchants each one sees."""
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([__name__])  # import once, not in each worker, so that all start together

    with processes.Pool(4) as workers:
        return workers.map(start_worker, [url] * 4, chunksize=1)


def test_a_start_while_another_makes_the_tables_waits_for_them(config, tmp_path, monkeypatch):
    """SQLite immediately refuses to change the journal mode of a file during a write."""
    path = tmp_path / "fresh.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    wait_in_queue = WriteQueue.turn

    def turn(queue: WriteQueue) -> AbstractContextManager[None]:
        if other.in_transaction:
            other.execute("COMMIT")
        return wait_in_queue(queue)

    monkeypatch.setattr(WriteQueue, "turn", turn)

    create_app(replace(config, DATABASE_URL=f"sqlite:///{path}"), background=False)

    assert not other.in_transaction


def test_a_second_start_keeps_what_happened(config, api):
    api.issue()
    api.charge("order-1")

    restarted = Api(create_app(config, background=False).test_client())

    assert restarted.get("/payments/find/order-1/paid").response["amount"] == 9900


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "postgresql://localhost/sandbox", "sqlite:///x.db?timeout=5", "x.db"]
)
def test_a_database_that_workers_cannot_share_is_turned_down(url):
    with pytest.raises(ValueError, match="SANDBOX_DATABASE_URL"):
        create_app(Config(DATABASE_URL=url))


def test_the_environment_sets_what_it_names_and_nothing_else():
    config = Config.from_environ({"SANDBOX_KEY": "k", "SANDBOX_SECRET": "", "PATH": "/bin"})

    assert config == Config(KEY="k")


def test_it_runs_alone_with_other_credentials_and_stops_on_a_signal(tmp_path):
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--database", str(tmp_path / "alone.db")]
    command += ["--code", "imp_mine", "--key", "my-key", "--secret", "my-secret", "--latency", "0.25"]
    command += ["--trusted-host", "sandbox.test", "--trusted-host", ".shops.test"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ)
    ready = process.stdout.readline()
    base = re.search(r"http://\S+", ready)[0]

    answer = requests.post(f"{base}/users/getToken", data={"imp_key": "my-key", "imp_secret": "my-secret"}, timeout=10)
    levers = requests.get(f"{base}/control/levers", timeout=10).text
    hosts = ("sandbox.test", "a.shops.test", "evil.example")
    health = [requests.get(f"{base}/healthz", headers={"Host": host}, timeout=10).status_code for host in hosts]
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=10)

    assert "imp_mine" in ready
    assert "my-secret" not in ready + rest
    assert answer.json()["code"] == 0
    assert answer.elapsed.total_seconds() >= 0.25
    assert "0.25" in levers
    assert health == [200, 200, 400]
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("host", "trusted", "shown"),
    [
        ("localhost", "localhost", "localhost"),
        ("192.168.1.5", "192.168.1.5", "192.168.1.5"),
        ("fd00::5", "[fd00::5]", "[fd00::5]"),
        ("0.0.0.0", "", "localhost"),
        ("127.0.0.1", "127.0.0.1", "localhost"),
    ],
)
def test_the_address_to_listen_on_is_trusted_and_shown(host, trusted, shown):
    config = trusting(Config(TRUSTED_HOSTS="sandbox.test"), host)

    assert set(config.trusted_hosts()) == {*THIS_MACHINE, "sandbox.test", trusted} - {""}
    assert host_to_open(host) == shown


def test_it_says_its_version_and_ends(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["sandbox", "--version"])

    with pytest.raises(SystemExit) as left:
        main()

    assert left.value.code == 0
    assert capsys.readouterr().out == f"maedal-sandbox {__version__}\n"


def test_the_changelog_has_a_section_for_this_version():
    changelog = Path(__file__).parents[2] / "CHANGELOG.md"

    assert f"\n## [{__version__}] - " in changelog.read_text(encoding="utf-8")


# Options --------------------------------------------------------------------------------------------------


def started(config, **changes):
    """Return a client of the sandbox, started (again) with these settings."""
    return create_app(replace(config, **changes), background=False).test_client()


def test_a_relative_file_and_its_lock_lie_where_the_command_was_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    started(Config(), DATABASE_URL="sqlite:///data/ci.db")

    assert {"ci.db", "ci.db-line"} <= {file.name for file in (tmp_path / "data").iterdir()}


def test_a_start_with_another_code_renames_the_default_merchant_and_keeps_what_it_has(config, api):
    api.issue()

    renamed = started(config, MERCHANT_CODE="imp_mine")

    assert [merchant["code"] for merchant in renamed.get("/control/merchants").json["merchants"]] == ["imp_mine"]
    assert Api(renamed).charge("order-1").response["status"] == "paid"


def test_a_start_with_the_key_of_another_merchant_is_turned_down(config, client):
    client.post("/control/merchants", json={"code": "other", "key": "their-key"})

    with pytest.raises(ValueError, match="their-key"):
        started(config, KEY="their-key")


def test_what_a_start_does_not_say_stays_as_it_was(config):
    url = "http://shop.test/webhooks"
    started(config, WEBHOOK_URL=url, LATENCY="0.01")

    again = started(config)

    assert again.get("/control/merchants/imp00000000").json["webhook_url"] == url
    assert again.get("/control/levers").json["levers"]["latency"] == 0.01


def test_a_reset_puts_latency_back_to_what_the_start_said(config):
    client = started(config, LATENCY="0.01")
    client.post("/control/levers", json={"latency": 0.02})

    client.post("/control/reset")

    assert client.get("/control/levers").json["levers"]["latency"] == 0.01


@pytest.mark.parametrize(
    ("option", "value", "reported"),
    [
        ("--port", "99999", "--port"),
        ("--port", "-1", "--port"),
        ("--latency", "abc", "latency"),
        ("--latency", "-1", "latency"),
        ("--webhook-url", "nonsense", "webhook_url"),
        ("--trusted-host", "http://sandbox:8001", "--trusted-host"),
        ("--code", "", "code"),
        ("--code", "a b", "code"),
        ("--key", "", "key"),
        ("--database", "/dev/null/x.db", "/dev/null/x.db"),
        ("--database", "", "SQLite file"),
        ("--database", ":memory:", "SQLite file"),
        ("--database", "sqlite:////x.db", "'sqlite:////x.db'"),
        ("--database", "file://x.db", "'file://x.db'"),
    ],
)
def test_an_option_that_cannot_be_is_refused_in_one_line(tmp_path, option, value, reported, monkeypatch, capsys):
    monkeypatch.setattr("sandbox.__main__.make_server", None)
    monkeypatch.setattr("sys.argv", ["sandbox", "--port", "0", "--database", str(tmp_path / "x.db"), option, value])

    with pytest.raises(SystemExit) as left:
        main()

    assert left.value.code == 2
    assert reported in capsys.readouterr().err.splitlines()[-1]


def test_a_url_in_a_url_is_refused_in_one_line_and_makes_no_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sandbox.__main__.make_server", None)
    monkeypatch.setenv("SANDBOX_DATABASE_URL", "sqlite:///sqlite:////x.db")
    monkeypatch.setattr("sys.argv", ["sandbox", "--port", "0"])

    with pytest.raises(SystemExit) as left:
        main()

    assert left.value.code == 2
    assert "'sqlite:////x.db'" in capsys.readouterr().err.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a?b.db", "a%20b.db", "a b#c.db", "a@b:c.db"])
def test_the_file_has_the_name_that_the_option_gives(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["sandbox", "--port", "0", "--database", name])
    monkeypatch.setattr("sandbox.__main__.make_server", lambda *_args, **_more: sys.exit(0))

    with pytest.raises(SystemExit):
        main()

    assert (tmp_path / name).is_file()
