"""Web processes of a shop, and people who are signed in at them.

Gunicorn loads `create_app` of this module when its process shall die at a step.
"""

import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import requests
from flask import Flask, current_app
from flask.sessions import SecureCookieSessionInterface

import clock
from models import User
from services import sessions
from tests.crash.steps import open_shop

ROOT = Path(__file__).parents[2]
PROGRAM = "import app; from gunicorn.app.wsgiapp import run; run()"
"""`python -m gunicorn`, which imports the shop once and not in each of its processes."""
LONGEST_ANSWER = 120
"""Seconds. A page that takes longer hangs."""


def create_app() -> Flask:
    """Return the shop for gunicorn. Its processes kill themselves at the step that `DIE_AT` names."""
    return open_shop(os.environ["DIE_AT"], lambda: os.killpg(0, signal.SIGKILL))


class Web:
    """One web process of the shop: gunicorn, as in the Procfile. A restarted one keeps its address."""

    def __init__(self, environ: dict[str, str]) -> None:
        self._environ = environ
        self.url = ""

    def start(self, *, die_at: str = "") -> "Web":
        """Start the process and wait until it listens. With `die_at`, it kills itself at that step."""
        factory = "tests.crash.web:create_app()" if die_at else "app:create_app()"
        address = self.url.removeprefix("http://") or "127.0.0.1:0"
        command = [sys.executable, "-c", PROGRAM, "--no-control-socket", "--bind", address]
        self._process = subprocess.Popen(
            [*command, "--threads", "8", factory],
            cwd=ROOT,
            env={**self._environ, "DIE_AT": die_at},
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._process.stderr is not None
        lines = iter(self._process.stderr.readline, "")
        self.url = next(found[1] for line in lines if (found := re.search(r"Listening at: (http://\S+)", line)))
        return self

    def wait_for_death(self) -> int:
        """Return the exit code of the process when it has killed itself."""
        sys.stdout.write(self._process.communicate(timeout=LONGEST_ANSWER)[1])
        return self._process.returncode

    def kill(self) -> None:
        """Kill gunicorn and its workers together, and print what they logged."""
        if self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            sys.stdout.write(self._process.communicate()[1])


@dataclass
class Tab:
    """A person who is signed in at a web process, with the page of their subscription before them."""

    web: Web
    user: User
    subscription_id: int

    def __post_init__(self) -> None:
        """Sign in with a cookie as the shop writes it, and open the page."""
        serializer = SecureCookieSessionInterface().get_signing_serializer(current_app)
        assert serializer is not None
        token = sessions.begin(self.user, now=clock.machine_now())
        signed_in = serializer.dumps({"_user_id": token, "_fresh": True})
        self._browser = requests.Session()
        self._browser.cookies.set(current_app.config["SESSION_COOKIE_NAME"], signed_in, domain="127.0.0.1", path="/")
        self._page = f"{self.web.url}/subscriptions/{self.subscription_id}"
        html = self._browser.get(self._page, timeout=LONGEST_ANSWER).text
        self._form = dict(re.findall(r'name="(csrf_token|period_start)"[^>]*value="([^"]+)"', html))

    def pay_now(self) -> str:
        """Press *Pay now*, and return the outcome of the charge or the code of the error."""
        answer = self._browser.post(
            f"{self._page}/charges",
            data=self._form,
            headers={"Accept": "application/json"},
            timeout=LONGEST_ANSWER,
        ).json()
        return str(answer.get("outcome") or answer["code"])
