"""When the shop starts, and when it refuses to start."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from app import ROOT, create_app
from config import PUBLISHED_STAFF, ConfigError
from tests.factories import make_user


def test_a_shop_does_not_start_where_a_demonstration_left_its_staff(app, config, payments):
    make_user(PUBLISHED_STAFF, is_staff=True)

    with pytest.raises(ConfigError, match="Name a database of the shop's own"):
        create_app(config, payments)


def test_the_shop_offers_no_sample_people_whatever_its_settings(config, payments):
    shop = create_app(replace(config, DEMO=True), payments)

    assert "demo" not in shop.blueprints


def test_nobody_keeps_a_shop_from_starting_by_signing_up_under_that_name(app, config, payments):
    make_user(PUBLISHED_STAFF)

    assert create_app(config, payments)


def test_a_shop_starts_before_it_has_tables(config, payments, tmp_path):
    empty = replace(config, SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path}/empty.db")

    assert create_app(empty, payments)


SERVERS = {
    "gunicorn": (["gunicorn", "--no-control-socket", "--bind", "127.0.0.1:0", "--workers", "1", "app:create_app()"], 3),
    "run": (["flask", "--app", "app", "run", "--port", "0"], 2),
    "command": (["flask", "--app", "app", "renew-due"], 2),
}


@pytest.mark.parametrize("server", SERVERS)
def test_a_shop_without_settings_says_what_is_missing_and_ends(server, tmp_path):
    (program, *words), exit_code = SERVERS[server]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "FLASK_SKIP_DOTENV": "1"}

    done = subprocess.run(
        [sys.executable, "-m", program, *words],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert done.returncode == exit_code, done.stderr
    assert "SECRET_KEY is not set" in done.stderr
    assert "Traceback" not in done.stderr
