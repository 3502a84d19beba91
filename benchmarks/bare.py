"""The limit the sandbox is measured beside: a Flask view that does one insert and one commit."""

import os
import sqlite3
import threading

from flask import Flask, Response, jsonify, request

local = threading.local()


def create_app() -> Flask:
    app = Flask(__name__)
    _connection().execute("CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, value TEXT)")

    @app.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @app.post("/insert")
    def insert() -> Response:
        connection = _connection()
        with connection:
            connection.execute("INSERT INTO rows (value) VALUES (?)", (request.get_json()["value"],))
        return jsonify(code=0)

    return app


def _connection() -> sqlite3.Connection:
    if not hasattr(local, "connection"):
        local.connection = sqlite3.connect(os.environ["BARE_DATABASE"], timeout=10)
        local.connection.execute("PRAGMA journal_mode = WAL")
        local.connection.execute("PRAGMA synchronous = NORMAL")
    return local.connection
