"""The processes of a drill: the sandbox, the shop's web server as its Procfile runs it, and its workers."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TypeVar

from tests.sandbox.process import ROOT, Sandbox

OPENS, CLOSES = re.compile(r"^No (.+) passes for \d"), re.compile(r"answers again: every (.+) passes")
"""What a worker logs when one of its circuit breakers opens and closes."""
STOP_TIMEOUT = 30
"""Seconds that a program has to end in order."""
P = TypeVar("P", bound="Program")


@dataclass
class Program:
    """A process whose output goes to a file, line by line."""

    name: str
    process: subprocess.Popen[str]
    log: Path
    was_killed: bool = False
    on_line: Callable[[str], None] = field(default=lambda line: None)

    def follow(self, stream: IO[str]) -> None:
        """Copy what the process writes, until it ends."""
        with self.log.open("a", encoding="utf-8") as file:
            for line in stream:
                file.write(line)
                file.flush()
                self.on_line(line)

    @property
    def runs(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        """End it as `kill -9` does."""
        self.was_killed = True
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Let it end in order, as a deployment does."""
        if self.runs:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                self.kill()


@dataclass
class Worker(Program):
    """A worker of the shop, and what its output shows of it."""

    charges: int = 0
    """How many charges it has reported."""
    errors: int = 0
    """How many errors it has logged with their trace: it left a row as it was, and went on."""
    _stopped: set[str] = field(default_factory=set)
    """What its circuit breakers do not let pass."""

    def __post_init__(self) -> None:
        self.on_line = self._read

    @property
    def state(self) -> str:
        """`running`, or how it ended."""
        if self.was_killed:
            return "killed"
        return "running" if self.runs else f"ended with {self.process.returncode}"

    @property
    def breaker(self) -> str:
        """`closed` if every call passes, else `open`."""
        return "open" if self._stopped else "closed"

    def _read(self, line: str) -> None:
        if line.startswith('{"subscription"'):
            self.charges += json.loads(line)["outcome"] in ("paid", "declined")
        elif opened := OPENS.match(line):
            self._stopped.add(opened[1])
        elif closed := CLOSES.search(line):
            self._stopped.discard(closed[1])
        elif line.startswith("Traceback"):
            self.errors += 1


class Programs:
    """Starts each process of a drill, and stops all that are left."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[Program] = []
        self.workers: list[Worker] = []
        self.sandbox = Sandbox(folder / "sandbox.db", "")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.shop_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        """Known before the web server starts, because the workers send it with each charge."""

    def start_sandbox(self) -> None:
        self.sandbox.start()
        assert self.sandbox.process.stderr is not None
        self._follow(
            Program("sandbox", self.sandbox.process, self._folder / "sandbox.log"), self.sandbox.process.stderr
        )

    def start_web(self, environ: dict[str, str]) -> None:
        """Start the shop's web server. Requests that arrive before it is ready wait for it."""
        socket_number = self._listener.fileno()
        command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "--bind", f"fd://{socket_number}"]
        command += ["--workers", "2", "--threads", "8", "--log-level", "warning", "app:create_app()"]
        self._start(Program, "web", command, environ, keep=(socket_number,))

    def start_worker(self, environ: dict[str, str]) -> Worker:
        """Start another worker."""
        name = f"worker {len(self.workers) + 1}"
        worker = self._start(Worker, name, [*_flask("renew-due"), "--forever", "--every", "1"], environ)
        self.workers.append(worker)
        return worker

    def reconcile(self, environ: dict[str, str]) -> None:
        """Run `flask reconcile` to its end, as cron does."""
        self._start(Program, "reconcile", _flask("reconcile"), environ).process.wait()

    def close(self) -> None:
        """Kill every process that is left, with its children: nothing more is expected of it."""
        for program in self._started:
            if program.runs:
                os.killpg(program.process.pid, signal.SIGKILL)
                program.process.wait()
        self._listener.close()

    def _start(
        self, kind: type[P], name: str, command: list[str], environ: dict[str, str], keep: tuple[int, ...] = ()
    ) -> P:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            pass_fds=keep,
            start_new_session=True,
        )
        assert process.stdout is not None
        return self._follow(kind(name, process, self._folder / f"{name.replace(' ', '-')}.log"), process.stdout)

    def _follow(self, program: P, stream: IO[str]) -> P:
        self._started.append(program)
        threading.Thread(target=program.follow, args=(stream,), daemon=True).start()
        return program


def _flask(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "app", *arguments]
