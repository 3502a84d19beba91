"""A minimal payment service over HTTP, to test the code that the guides offer to copy."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, jsonify, request
from werkzeug.serving import make_server

Record = dict[str, Any]


class SmallService:
    """Tokens, registered amounts, payment records and charges. The service keeps the requests for the test to read."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self.prepared: dict[str, Record] = {}
        self.charges: list[Record] = []
        self.cancelled: list[str] = []
        self.deleted: list[str] = []
        """The `customer_uid` of each key that was deleted."""
        self.channels: dict[str, str] = {}
        self.declines = False
        self.charged_as: Record = {}
        """Fields of a charge's record that differ from its request."""
        self.is_down_for = ""
        """The path that the service answers with 503; '' for none."""

    def finish(self, order: Record, **changes: Any) -> str:
        """Finish the window as a buyer does, and return the `imp_uid`. `changes` holds what differs from the order."""
        return self._write(order, {"customer_uid_usage": "issue", **changes})

    @contextmanager
    def running(self) -> Iterator[str]:
        """Run the service for the duration of the block; the value is its address."""
        server = make_server("127.0.0.1", 0, self._app(), threaded=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))  # seconds between checks for a stop
        thread.start()
        yield f"http://127.0.0.1:{server.port}"
        server.shutdown()
        thread.join()
        server.server_close()

    def _app(self) -> Flask:
        app = Flask("small_service")
        app.before_request(self._be_down)
        app.before_request(self._refuse_without_a_token)
        for method, path, view in (
            ("POST", "/users/getToken", lambda: _answer({"access_token": "token"})),
            ("POST", "/payments/prepare", self._prepare),
            ("POST", "/payments/cancel", self._cancel),
            ("POST", "/subscribe/payments/again", self._again),
            ("DELETE", "/subscribe/customers/<customer_uid>", self._delete),
            ("GET", "/payments/<imp_uid>", lambda imp_uid: _answer(self.records.get(imp_uid))),
            ("GET", "/payments/find/<merchant_uid>", lambda merchant_uid: _answer(self._find(merchant_uid))),
            (
                "GET",
                "/payments/find/<merchant_uid>/paid",
                lambda merchant_uid: _answer(self._find(merchant_uid, "paid")),
            ),
        ):
            app.add_url_rule(path, path, view, methods=[method])
        return app

    def _be_down(self) -> Any:
        return ("out of order", 503) if request.path == self.is_down_for else None

    def _refuse_without_a_token(self) -> Any:
        if request.path != "/users/getToken" and request.headers.get("Authorization") != "Bearer token":
            return {"code": -1, "message": "Unauthorized", "response": None}, 401
        return None

    def _prepare(self) -> Any:
        self.prepared[request.form["merchant_uid"]] = request.form.to_dict()
        return _answer({})

    def _cancel(self) -> Any:
        record = self.records[request.form["imp_uid"]]
        if float(request.form["checksum"]) != record["amount"] - record["cancel_amount"]:
            return {"code": 1, "message": "checksum", "response": None}
        self.cancelled.append(record["imp_uid"])
        record["status"], record["cancel_amount"] = "cancelled", float(request.form["amount"])
        return _answer(record)

    def _delete(self, customer_uid: str) -> Any:
        self.deleted.append(customer_uid)
        return _answer({"customer_uid": customer_uid})

    def _again(self) -> Any:
        charge = request.form.to_dict()
        self.charges.append(charge)
        if self._find(charge["merchant_uid"], "paid"):
            return {"code": 1, "message": "already ordered", "response": None}
        outcome = {"status": "failed", "fail_reason": "no money"} if self.declines else {}
        order = {**charge, "amount": float(charge["amount"])}
        return _answer(
            self.records[self._write(order, {"customer_uid_usage": "payment", **outcome, **self.charged_as})]
        )

    def _write(self, order: Record, changes: Record) -> str:
        imp_uid = f"imp_{len(self.records)}"
        ordered = {name: order[name] for name in ("merchant_uid", "customer_uid", "amount")}
        ordered["currency"] = order.get("currency", "KRW")
        # A window names its PG, and a key stays with the PG of its issue.
        channel = self.channels.setdefault(order["customer_uid"], order.get("channel", {}).get("pg", ""))
        ordered["pg_provider"], _, ordered["pg_id"] = channel.partition(".")
        known = {
            "imp_uid": imp_uid,
            "status": "paid",
            "fail_reason": None,
            "cancel_amount": 0,
            "sandbox": False,
            **ordered,
        }
        self.records[imp_uid] = known | changes
        return imp_uid

    def _find(self, merchant_uid: str, status: str = "") -> Record | None:
        found = (r for r in reversed(self.records.values()) if r["merchant_uid"] == merchant_uid)
        return next((record for record in found if status in ("", record["status"])), None)


def _answer(record: Any) -> Any:
    if record is None:
        return {"code": -1, "message": "not found", "response": None}, 404
    return jsonify(code=0, message=None, response=record)
