"""The upper limits for the sandbox: Flask views that do one insert and one commit, and nothing else.

`/driver` writes with Python's `sqlite3`. `/orm` writes with Flask-SQLAlchemy, as the sandbox and most shops do.
"""

import os
import sqlite3
import threading
from pathlib import Path

from flask import Flask, Response, jsonify, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SYNCHRONOUS = "PRAGMA synchronous = NORMAL"

local = threading.local()


class Base(DeclarativeBase):
    pass


db = SQLAlchemy(model_class=Base)


class Entry(Base):
    __tablename__ = "entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[str]


def create_database(path: Path) -> None:
    """Create the database. Call it before the workers start, because concurrent workers would block each other here."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE entries (id INTEGER PRIMARY KEY, value TEXT NOT NULL)")


def create_app() -> Flask:
    """Return the application with the two bare views. `BARE_DATABASE` names the SQLite file."""
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{os.environ['BARE_DATABASE']}"
    db.init_app(app)
    with app.app_context():
        event.listen(db.engine, "connect", lambda connection, _: connection.execute(SYNCHRONOUS))

    @app.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @app.post("/driver")
    def driver() -> Response:
        connection = _connection()
        with connection:
            connection.execute("INSERT INTO entries (value) VALUES (?)", (request.get_json()["value"],))
        return jsonify(code=0)

    @app.post("/orm")
    def orm() -> Response:
        db.session.add(Entry(value=request.get_json()["value"]))
        db.session.commit()
        return jsonify(code=0)

    return app


def _connection() -> sqlite3.Connection:
    if not hasattr(local, "connection"):
        local.connection = sqlite3.connect(os.environ["BARE_DATABASE"], timeout=10)
        local.connection.execute(SYNCHRONOUS)
    return local.connection
