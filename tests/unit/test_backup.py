"""A backup that `docs/operations.md` makes of the running shop on SQLite holds what was committed."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from models import Order, User, db
from tests.factories import NOW, make_user, place_order, place_orders, subscribe


def test_a_backup_of_an_open_database_restores_every_committed_order(app, desk, user, plan, shop_database, tmp_path):
    paid = subscribe(desk, user, plan)
    expected = {order.merchant_uid for order in (*paid.orders, *place_orders(desk, plan, NOW, NOW))}
    user.name = "not committed"
    db.session.flush()  # a writer whose transaction is open

    copy(shop_database, to=tmp_path / "backup.db")
    db.session.rollback()
    place_order(desk, make_user("later@example.com"), plan)
    copy(tmp_path / "backup.db", to=tmp_path / "restored.db")

    with closing(create_engine(f"sqlite:///{tmp_path / 'restored.db'}").connect()) as connection:
        restored = Session(connection)
        assert set(restored.scalars(select(Order.merchant_uid))) == expected
        assert restored.scalar(select(User.name).where(User.email == "jisoo@example.com")) == "김지수"
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def copy(file: Path, *, to: Path) -> None:
    """Copy a database with SQLite's backup API, as the documentation does."""
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)
