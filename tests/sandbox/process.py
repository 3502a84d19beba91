"""The sandbox in processes of its own, as a shop's operator runs it, which a test can kill and start again."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parents[2]
WORKERS = 3
GUNICORN = "import sandbox.app; from gunicorn.app.wsgiapp import run; run()"
"""`python -m gunicorn`, but it imports the modules once, not per worker. Each worker creates its own application."""


class Sandbox:
    """Gunicorn with several workers on one file, and a shop's client that calls it over the network."""

    token = ""

    def __init__(self, database: Path, webhook_url: str) -> None:
        self.environment = {
            **os.environ,
            "SANDBOX_DATABASE_URL": f"sqlite:///{database}",
            "SANDBOX_WEBHOOK_URL": webhook_url,
        }

    def start(self) -> None:
        """Start the workers on a free port and get a token."""
        command = [sys.executable, "-c", GUNICORN, "--bind", "127.0.0.1:0", "--no-control-socket"]
        command += ["--workers", str(WORKERS), "--threads", "8", "sandbox.app:create_app()"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        lines = iter(self.process.stderr.readline, "")
        self.url = next(found[1] for line in lines if (found := re.search(r"Listening at: (http://\S+)", line)))
        self._sign_in()

    def kill(self) -> None:
        """Kill all processes together, without a clean shutdown."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()

    def get(self, path: str) -> Any:
        return self._call("GET", path)

    def post(self, path: str, **fields: Any) -> Any:
        return self._call("POST", path, json=fields)

    def issue(self) -> None:
        """Issue the key `card-1` by REST."""
        self.post("/subscribe/customers/card-1", card_number="4242-4242-4242-4242", expiry="2099-12")

    def charge(self, merchant_uid: str) -> dict[str, Any]:
        """Charge the key 100 won."""
        order = {"customer_uid": "card-1", "merchant_uid": merchant_uid, "amount": 100, "name": "x"}
        return self.post("/subscribe/payments/again", **order)

    def book(self, *merchant_uids: str, schedule_at: int) -> None:
        """Schedule a charge of the key for each `merchant_uid`, all at `schedule_at`."""
        order = {"schedule_at": schedule_at, "amount": 100, "name": "x"}
        entries = [{"merchant_uid": merchant_uid, **order} for merchant_uid in merchant_uids]
        self.post("/subscribe/payments/schedule", customer_uid="card-1", schedules=entries)

    def schedule(self, merchant_uid: str) -> dict[str, Any]:
        """Return the schedule of this `merchant_uid`."""
        return self.get(f"/subscribe/payments/schedule/{merchant_uid}")

    def _sign_in(self) -> None:
        self.token = self.post("/users/getToken", imp_key="sandbox_key", imp_secret="sandbox_secret")["access_token"]

    def _call(self, method: str, path: str, **sent: Any) -> Any:
        """Return the `response` of the answer. A token lives for half an hour, which long tests exceed: renew it."""
        answer = requests.request(method, self.url + path, headers={"Authorization": self.token}, timeout=60, **sent)
        if answer.status_code == 401 and path != "/users/getToken":
            self._sign_in()
            return self._call(method, path, **sent)
        envelope = answer.json()
        assert envelope["code"] == 0, envelope
        return envelope["response"]
