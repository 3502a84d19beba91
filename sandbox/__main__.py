"""Run the sandbox alone, for a shop in any language: `python -m sandbox`."""

import argparse
import signal
import sys
from dataclasses import replace

from sqlalchemy import URL
from werkzeug.serving import make_server

from . import __version__
from .app import create_app
from .config import Config

HOST, PORT = "127.0.0.1", 8001

EVERY_ADDRESS = ("0.0.0.0", "::", "")
"""Values of `--host` that name no address of their own."""

SETTINGS = (
    ("database", "DATABASE_URL", "FILE", "SQLite file, created if missing", "instance/sandbox.db in the clone"),
    ("webhook-url", "WEBHOOK_URL", "URL", "default webhook URL, for payments without notice_url", "none"),
    ("code", "MERCHANT_CODE", "CODE", "merchant code, for IMP.init", Config.MERCHANT_CODE),
    ("key", "KEY", "KEY", "REST key, imp_key", Config.KEY),
    ("secret", "SECRET", "SECRET", "REST secret, imp_secret", Config.SECRET),
    ("latency", "LATENCY", "SECONDS", "delay of each REST response", "0"),
)
"""Option, setting that it overrides, placeholder, meaning and default, as the help shows them."""


def main() -> None:
    """Serve the sandbox until SIGTERM or Ctrl-C. The command line overrides `SANDBOX_*` of the environment."""
    parser = command_line()
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


def command_line() -> argparse.ArgumentParser:
    """Return the parser of the options, each with its default in the help."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="Simulate I'mport (PortOne V1) on this machine."
    )
    parser.add_argument("--version", action="version", version=f"maedal-sandbox {__version__}")
    parser.add_argument("--host", default=HOST, help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=PORT, help="0 selects a free port (default: %(default)s)")
    parser.add_argument(
        "--trusted-host",
        metavar="NAME",
        action="append",
        help="further host name in the sandbox's address; may be repeated (default: SANDBOX_TRUSTED_HOSTS, else none)",
    )
    for option, name, metavar, meaning, default in SETTINGS:
        help_text = f"{meaning} (default: SANDBOX_{name}, else {default})"
        parser.add_argument(f"--{option}", dest=name, metavar=metavar, help=help_text)
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError("a port must be a number from 0 to 65535")
    return int(text)


def _overrides(arguments: argparse.Namespace) -> dict[str, str]:
    """Return the settings given on the command line; the environment decides the rest."""
    given = {name: value for _option, name, *_ in SETTINGS if (value := getattr(arguments, name)) is not None}
    if "DATABASE_URL" in given:
        file = URL.create("sqlite", database=given["DATABASE_URL"])
        given["DATABASE_URL"] = file.render_as_string(hide_password=False)
    if arguments.trusted_host is not None:
        given["TRUSTED_HOSTS"] = ",".join(arguments.trusted_host)
    return given


def trusting(config: Config, host: str) -> Config:
    """Return the settings with the address to listen on among the trusted hosts, unless it means every address."""
    return config if host in EVERY_ADDRESS else replace(config, TRUSTED_HOSTS=f"{config.TRUSTED_HOSTS},{host}")


def host_to_open(host: str) -> str:
    """Return the host of the address that `main` prints: one that this machine's browser can open."""
    if host in (HOST, *EVERY_ADDRESS):
        return "localhost"
    return f"[{host}]" if ":" in host else host


if __name__ == "__main__":
    main()
