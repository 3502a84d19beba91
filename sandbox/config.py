"""Read the sandbox's settings: every environment variable that it knows."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address
from pathlib import Path

DATABASE_FILE = Path(__file__).resolve().parent.parent / "instance" / "sandbox.db"

THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")
"""Host names that the sandbox always accepts."""

_HOST = re.compile(r"\.?[a-z0-9-]+(\.[a-z0-9-]+)*")


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings of one sandbox."""

    DATABASE_URL: str = f"sqlite:///{DATABASE_FILE}"
    """`SANDBOX_DATABASE_URL`: an SQLite file shared by all workers; a relative path starts in the working directory."""

    MERCHANT_CODE: str = "imp00000000"
    """`SANDBOX_MERCHANT_CODE`: the public code that shops pass to `IMP.init`."""

    KEY: str = "sandbox_key"
    """`SANDBOX_KEY`: the REST key, `imp_key`."""

    SECRET: str = "sandbox_secret"
    """`SANDBOX_SECRET`: the REST secret, `imp_secret`. It protects only play money."""

    WEBHOOK_URL: str = ""
    """`SANDBOX_WEBHOOK_URL`: where webhooks go when a payment has no `notice_url`. '' keeps the current address."""

    LATENCY: str = ""
    """`SANDBOX_LATENCY`: delay of each REST answer, in seconds. '' keeps the current delay."""

    CONSOLE_ADDRESS: str = ""
    """`SANDBOX_CONSOLE_ADDRESS`: the only listening address at which console, levers and description answer, such as
    `127.0.0.1`. '' means every address."""

    TRUSTED_HOSTS: str = ""
    """`SANDBOX_TRUSTED_HOSTS`: the host names, besides `THIS_MACHINE`, at which the sandbox answers: without a port,
    separated by commas. A name that begins with a dot includes its subdomains."""

    def trusted_hosts(self) -> tuple[str, ...]:
        """Return every value of `Host` that the sandbox accepts, without a port, in lower case.

        Raises:
            ValueError: when one of `TRUSTED_HOSTS` is not a host name.
        """
        return (*THIS_MACHINE, *(_host(name) for name in self.TRUSTED_HOSTS.split(",") if name.strip()))

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ) -> "Config":
        """Read `SANDBOX_*` from `environ`. A variable that is unset or empty keeps its default."""
        names = cls.__dataclass_fields__
        return cls(**{name: environ[f"SANDBOX_{name}"] for name in names if environ.get(f"SANDBOX_{name}")})


def _host(name: str) -> str:
    """Return a host name as `Host` has it, an IPv6 address between brackets. Raises `ValueError`."""
    host = name.strip().lower()
    if _HOST.fullmatch(host):
        return host
    try:
        return f"[{IPv6Address(host.removeprefix('[').removesuffix(']'))}]"
    except ValueError:
        raise ValueError(
            f"--trusted-host and SANDBOX_TRUSTED_HOSTS name a host without scheme and port, not {host!r}"
        ) from None
