"""A demonstration as a newcomer starts it: shop, sandbox and worker as processes, and what they print."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from tests.e2e.conftest import ROOT, free_port

PATIENCE = 120
"""Seconds. Other tests may keep the machine busy while it starts or stops."""


class Demonstration:
    """`python -m demo` on free ports; with `lan`, at this address of the machine too."""

    def __init__(self, folder: Path, *, lan: str = "") -> None:
        self.port, self.sandbox_port = free_port(), free_port()
        self.environ = {
            **os.environ,
            "PORT": str(self.port),
            "SANDBOX_PORT": str(self.sandbox_port),
            "DATABASE_URL": f"sqlite:///{folder}/shop.db",
            "SANDBOX_DATABASE_URL": f"sqlite:///{folder}/sandbox.db",
            "SECRET_KEY": "a-demonstration-in-a-test",
            # Left over from another shop: the demonstration's own addresses win, and its sandbox accepts the key.
            "IMP_API_URL": "http://localhost:1",
            "IMP_KEY": "another_key",
            "LAN": lan,
        }
        self.process = self.start()
        self.welcome = self.read_until("minjun@example.com")

    def start(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "demo"],
            cwd=ROOT,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # A script that starts it with `&` makes it ignore SIGINT. Ctrl-C must stop it all the same.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
        )

    def stop(self) -> None:
        """Send SIGINT to every process, as a terminal does on Ctrl-C."""
        os.killpg(self.process.pid, signal.SIGINT)
        self.farewell, _ = self.process.communicate(timeout=PATIENCE)

    def read_until(self, last: str) -> str:
        """Return the output up to a line with `last`. The test fails when none comes within two minutes."""
        assert self.process.stdout is not None
        watchdog = threading.Timer(PATIENCE, lambda: os.killpg(self.process.pid, signal.SIGKILL))
        watchdog.start()
        output = ""
        for line in self.process.stdout:
            output += line
            if last in line:
                watchdog.cancel()
                return output
        raise AssertionError(f"the demonstration ended early:\n{output}")
