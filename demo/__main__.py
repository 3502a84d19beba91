"""`python -m demo`: start the shop, the sandbox and the renewal worker on this machine, without any configuration.

When shop and sandbox answer, it prints their addresses and who can sign in. Ctrl-C stops all three. With `LAN=1` other
devices in the same network reach them too.
"""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import requests
from flask import Flask
from flask_migrate import upgrade

from config import Config, ConfigError
from demo import create_app, network, people
from demo.network import NoAddress
from services import catalog

ROOT = Path(__file__).parent.parent
INSTANCE = ROOT / "instance" / "demo"
"""Separate from the data of `make serve` in `instance/`: `make reset` removes this folder and no other."""
PID_FILE = INSTANCE / "pid"
"""Exists while a demonstration runs, so that `make reset` does not remove the data in use."""
START_TIMEOUT = 60
"""Seconds after which a start that is not complete counts as failed."""


class CannotStart(Exception):
    """The demonstration cannot start; the message says in one sentence what to do."""


def main() -> int:
    """Prepare the database, start all three, and return the exit code when they have ended."""
    try:
        environ = _environment()
        for name in ("PORT", "SANDBOX_PORT"):
            _refuse_busy_port(environ, name)
        app = create_app(Config.from_environ(environ))
        with app.app_context():
            upgrade()
            catalog.seed()
    except (CannotStart, ConfigError, NoAddress) as err:
        print(err, file=sys.stderr)
        return 1
    return _run(app, environ)


def _environment() -> dict[str, str]:
    """Return the demonstration's defaults, overridden by the environment.

    `.env` is not read: it describes the shop of `make serve`.
    """
    INSTANCE.mkdir(parents=True, exist_ok=True)
    given = dict(os.environ)
    if "IMP_API_URL" in given and "localhost" not in given["IMP_API_URL"]:
        raise CannotStart(
            "IMP_API_URL names the real service, and a demonstration plays with sample people and test cards. "
            "Start the shop with: make serve"
        )
    environ = _defaults() | given | _addresses(given, network.address_of(given.get("LAN", "")))
    environ["SHOP_APP"] = "demo"  # the Procfile starts this application in place of the shop
    for ours, theirs in (("IMP_CODE", "MERCHANT_CODE"), ("IMP_KEY", "KEY"), ("IMP_SECRET", "SECRET")):
        environ[f"SANDBOX_{theirs}"] = environ[ours]  # the sandbox accepts the credentials that the shop uses
    environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ.get('PATH', '')}"
    return environ


def _addresses(given: Mapping[str, str], lan: str) -> dict[str, str]:
    """Return the ports, and the addresses that follow from them. With `lan`, other devices reach the shop there.

    REST API, levers and console stay at the loopback address, where the shop itself calls them.
    """
    port, sandbox_port, host = given.get("PORT", "8000"), given.get("SANDBOX_PORT", "8001"), lan or "localhost"
    addresses = {
        "PORT": port,
        "SANDBOX_PORT": sandbox_port,
        "PUBLIC_URL": f"http://{host}:{port}",
        "IMP_API_URL": f"http://localhost:{sandbox_port}",
        "IMP_SDK_URL": f"http://{host}:{sandbox_port}/v1/iamport.js",
        "ALSO_BIND": lan,
    }
    if lan:
        trusted = f"{given.get('SANDBOX_TRUSTED_HOSTS', '')},{lan}"
        addresses |= {"BIND": network.LOOPBACK, "SANDBOX_CONSOLE_ADDRESS": network.LOOPBACK}
        addresses |= {"SANDBOX_TRUSTED_HOSTS": trusted}
    return addresses


def _defaults() -> dict[str, str]:
    return {
        "DEMO": "1",
        "FLASK_SKIP_DOTENV": "1",
        "BIND": "127.0.0.1",
        "LOG_LEVEL": "warning",
        "IMP_CODE": "imp00000000",
        "IMP_KEY": "sandbox_key",
        "IMP_SECRET": "sandbox_secret",
        "IMP_TIMEOUT": "8",  # an outage is to be seen without a long wait
        "SECRET_KEY": _secret_key(),
        "DATABASE_URL": f"sqlite:///{INSTANCE / 'shop.db'}",
        "SANDBOX_DATABASE_URL": f"sqlite:///{INSTANCE / 'sandbox.db'}",
    }


def _secret_key() -> str:
    """Return the stored key. It is created once, so that a restart does not sign users out."""
    path = INSTANCE / "secret_key"
    if not path.exists():
        path.write_text(secrets.token_hex(32))
        path.chmod(0o600)
    return path.read_text()


def _refuse_busy_port(environ: Mapping[str, str], name: str) -> None:
    if not environ[name].isdecimal():
        raise CannotStart(f"{name} must be a port number such as 8010, not {environ[name]!r}")
    port = int(environ[name])
    for address in filter(None, (environ["BIND"], environ["ALSO_BIND"])):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                raise CannotStart(
                    f"Port {port} is in use. Stop the program that uses it, or choose another: "
                    f"make demo {name}={port + 10}"
                ) from None


def _run(app: Flask, environ: Mapping[str, str]) -> int:
    """Start the Procfile, wait until shop and sandbox answer, and return honcho's exit code when it has ended."""
    # Without `--env`, honcho reads .env and lets it override what was decided here.
    command = [sys.executable, "-m", "honcho", "start", "--no-prefix", "--env", os.devnull]
    honcho = subprocess.Popen(command, cwd=ROOT, env=dict(environ))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # honcho does the same; the calling script may ignore it
    PID_FILE.write_text(str(os.getpid()))
    try:
        _wait_until_open(environ, honcho)
        with app.app_context():
            people.seed()
        print(_welcome(environ), flush=True)
        return honcho.wait()
    except KeyboardInterrupt:
        honcho.terminate()  # a terminal signals every process, `kill -INT` only this one
        honcho.wait()
        print("\nStopped. The data is kept; `make reset` deletes it.")
        return 0
    except CannotStart as err:
        print(err, file=sys.stderr)
        return 1
    finally:
        PID_FILE.unlink(missing_ok=True)
        if honcho.poll() is None:  # after any error here, leave no process behind
            honcho.terminate()
            honcho.wait()


def _wait_until_open(environ: Mapping[str, str], honcho: subprocess.Popen[bytes]) -> None:
    urls = [f"http://127.0.0.1:{environ[port]}/healthz" for port in ("SANDBOX_PORT", "PORT")]
    deadline = time.monotonic() + START_TIMEOUT
    while urls:
        if honcho.poll() is not None or time.monotonic() > deadline:
            raise CannotStart("The shop did not start; the lines above say why.")
        try:
            if requests.get(urls[0], timeout=2).ok:
                urls.pop(0)
                continue
        except requests.RequestException:
            pass
        time.sleep(0.1)


def _welcome(environ: Mapping[str, str]) -> str:
    shop, sandbox, lan = environ["PUBLIC_URL"], environ["IMP_API_URL"], environ["ALSO_BIND"]
    lines = [
        "",
        "매달상점 Maedal is open. Ctrl-C stops everything.",
        f"  shop      {shop}",
        f"  guides    {shop}/guides",
        f"  sandbox   {sandbox}   payments, billing keys, webhooks",
        f"  REST keys IMP_API_URL={sandbox} IMP_KEY={environ['IMP_KEY']} IMP_SECRET={environ['IMP_SECRET']}",
        "  worker    charges what is due, every few seconds",
        *(_opened(lan, environ) if lan else ()),
        f"Who can sign in (one click on the sign-in page, or password {people.PASSWORD}):",
        *(f"  {one.email:<20} {one.role['en']}" for one in people.PEOPLE if not (lan and one.is_staff)),
        "",
    ]
    return "\n".join(lines)


def _opened(lan: str, environ: Mapping[str, str]) -> list[str]:
    """Return what other devices reach, and what they do not."""
    return [
        f"Open to every device that reaches {lan}, without a password:",
        f"  shop      {environ['PUBLIC_URL']}",
        f"  sandbox   http://{lan}:{environ['SANDBOX_PORT']}   SDK, payment windows and REST API only",
        "Closed to them: the sandbox's console and /control. Closed to everyone: signing in as staff.",
        "A phone: open a guide here, press 'On a phone', and scan the code.",
    ]


if __name__ == "__main__":
    sys.exit(main())
