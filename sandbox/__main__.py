"""Run the sandbox alone, for a shop in any language: `python -m sandbox`."""

import argparse
import signal
import sys
from dataclasses import replace
from typing import Any

from werkzeug.serving import make_server

from . import __version__
from .app import create_app
from .config import Config

EVERY_ADDRESS = ("0.0.0.0", "::", "")
"""Values of `--host` that name no address of their own."""


def main() -> None:
    """Serve the sandbox until SIGTERM or Ctrl-C. The command line overrides `SANDBOX_*` of the environment."""
    parser = _parser()
    arguments = parser.parse_args()
    config = replace(Config.from_environ(), **_overrides(arguments))
    try:
        app = create_app(trusting(config, arguments.host))
    except ValueError as err:
        parser.error(str(err))
    server = make_server(arguments.host, arguments.port, app, threaded=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    base = f"http://{host_to_open(arguments.host)}:{server.port}"
    print(f"Sandbox ready on {base}  SDK {base}/v1/iamport.js  merchant {config.MERCHANT_CODE}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("Sandbox stopped", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="Simulate I'mport (PortOne V1) on this machine."
    )
    parser.add_argument("--version", action="version", version=f"maedal-sandbox {__version__}")
    parser.add_argument("--host", default="localhost")
    parser.add_argument("--port", type=_port, default=8001, help="0 selects a free port")
    parser.add_argument(
        "--trusted-host",
        metavar="NAME",
        action="append",
        help="further host name in the sandbox's address; may be repeated",
    )
    parser.add_argument("--database", metavar="FILE", help="SQLite file, created if missing")
    parser.add_argument("--webhook-url", metavar="URL", help="default webhook URL, for payments without notice_url")
    parser.add_argument("--code", help="merchant code, for IMP.init")
    parser.add_argument("--key", help="REST key, imp_key")
    parser.add_argument("--secret", help="REST secret, imp_secret")
    parser.add_argument("--latency", metavar="SECONDS", help="delay of each REST response")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError("a port must be a number from 0 to 65535")
    return int(text)


def _overrides(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the settings given on the command line; the environment decides the rest."""
    given = {
        "DATABASE_URL": arguments.database and f"sqlite:///{arguments.database}",
        "WEBHOOK_URL": arguments.webhook_url,
        "MERCHANT_CODE": arguments.code,
        "KEY": arguments.key,
        "SECRET": arguments.secret,
        "LATENCY": arguments.latency,
        "TRUSTED_HOSTS": arguments.trusted_host and ",".join(arguments.trusted_host),
    }
    return {name: value for name, value in given.items() if value is not None}


def trusting(config: Config, host: str) -> Config:
    """Return the settings with the address to listen on among the trusted hosts, unless it means every address."""
    return config if host in EVERY_ADDRESS else replace(config, TRUSTED_HOSTS=f"{config.TRUSTED_HOSTS},{host}")


def host_to_open(host: str) -> str:
    """Return the host of the address that `main` prints: one that this machine's browser can open."""
    if host in EVERY_ADDRESS:
        return "localhost"
    return f"[{host}]" if ":" in host else host


if __name__ == "__main__":
    main()
