"""A disk that is full, and a file that is damaged: one sentence, an answer in the usual form, and no busy loop."""

import errno
import logging
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import requests
from sqlalchemy import event, text

from sandbox import runner
from sandbox.app import create_app
from sandbox.config import Config
from sandbox.ledger import trouble
from sandbox.ledger.models import db
from sandbox.ledger.transactions import exclusive

ROOT = Path(__file__).parents[3]
FULL = "database or disk is full"


@pytest.fixture
def full_disk(app, monkeypatch):
    """Let the file of the ledger grow no more, as on a full disk."""
    monkeypatch.setattr(trouble, "_logged", {})

    def limit(connection, *_more):
        connection.execute("PRAGMA max_page_count = 1")  # SQLite takes the present size, because it is larger

    with app.app_context():
        connection = db.engine.raw_connection()
        connection.cursor().execute("VACUUM")  # a page that an earlier test left free would take what is written
        connection.close()
        db.engine.dispose()
        event.listen(db.engine, "checkout", limit)
        yield
        event.remove(db.engine, "checkout", limit)
        db.engine.dispose()


def fill(_now):
    """A job of the runner that writes more than fits."""
    with exclusive():
        db.session.execute(text("UPDATE merchants SET webhook_url = hex(zeroblob(500000))"))


def test_a_full_disk_answers_503_in_the_form_of_each_part(api, client, full_disk, caplog):
    big = {"custom_data": "x" * 300_000}

    charged = client.post("/control/merchants", json={"code": "a", "webhook_url": "http://shop.test/" + "x" * 400_000})
    prepared = api.post("/subscribe/payments/onetime", merchant_uid="o", amount=1000, pg="jtnet", **CARD, **big)

    assert (charged.status_code, charged.json) == (503, {"error": "Service Unavailable"})
    assert (prepared.http, prepared.code, prepared.response) == (503, -1, None)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == [
        f"The ledger cannot be used: {FULL}. Requests are answered with 503 until it can."
    ]
    assert not [record for record in caplog.records if record.exc_info]


CARD = {"card_number": "4242-4242-4242-4242", "expiry": "2099-12"}


def test_background_work_on_a_full_disk_says_so_once_and_pauses(app, full_disk, caplog, monkeypatch):
    waits = []

    def sleep(seconds):
        waits.append(seconds)
        if len(waits) == 5:
            raise SystemExit

    monkeypatch.setattr(runner.time, "sleep", sleep)
    with pytest.raises(SystemExit):
        runner._run(app, fill)

    assert waits == [runner.PAUSE] * 5
    assert [record.getMessage() for record in caplog.records] == [
        f"The ledger cannot be used: {FULL}. Requests are answered with 503 until it can."
    ]


def test_it_goes_on_when_there_is_space_again(app, api, client, caplog):
    assert runner.turn(app, lambda _now: None) is True
    assert api.issue().code == 0


@pytest.mark.parametrize(
    ("error", "is_of_file"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (requests.ConnectionError("no answer"), False),
        (FileNotFoundError("a template"), False),
        (ValueError("a mistake"), False),
    ],
)
def test_only_a_full_or_broken_disk_is_of_the_file(error, is_of_file):
    assert trouble.is_of_file(error) is is_of_file


def test_a_mistake_of_ours_is_no_full_disk(app, caplog):
    def mistake(_now):
        with exclusive():
            db.session.execute(text("INSERT INTO merchants (id) VALUES (1)"))

    assert runner.turn(app, mistake) is False
    assert caplog.records[-1].exc_info is not None


@pytest.mark.parametrize("kind", ["no database", "damaged", "newer"])
def test_a_worker_that_cannot_start_says_why_in_one_sentence_and_ends(tmp_path, kind):
    file = tmp_path / "sandbox.db"
    with create_app(Config(DATABASE_URL=f"sqlite:///{file}"), background=False).app_context():
        db.session.remove()
        db.engine.dispose()  # the last connection also ends the write-ahead log
    with closing(sqlite3.connect(file)) as ledger, ledger:
        if kind == "newer":
            ledger.execute("UPDATE alembic_version SET version_num = '9999'")
    if kind == "damaged":
        content = file.read_bytes()
        file.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    if kind == "no database":
        file.write_bytes(b"not a database " * 100)

    command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "--bind", "127.0.0.1:0"]
    ended = subprocess.run(
        [*command, "sandbox.app:create_app()"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "SANDBOX_DATABASE_URL": f"sqlite:///{file}"},
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert ended.returncode == 3
    assert "Traceback" not in ended.stderr
    assert len([line for line in ended.stderr.splitlines() if line.startswith("The sandbox cannot start: ")]) == 1
