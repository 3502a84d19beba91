"""Every environment variable of the sandbox."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DATABASE_FILE = Path(__file__).resolve().parent.parent / "instance" / "sandbox.db"


@dataclass(frozen=True, kw_only=True)
class Config:
    """How one sandbox is set up."""

    DATABASE_URL: str = f"sqlite:///{DATABASE_FILE}"
    """`SANDBOX_DATABASE_URL`: an SQLite file, shared by all workers; a relative one lies in the current directory."""

    MERCHANT_CODE: str = "imp00000000"
    """`SANDBOX_MERCHANT_CODE`: what shops call `IMP.init` with; public."""

    KEY: str = "sandbox_key"
    """`SANDBOX_KEY`: the REST key, `imp_key`."""

    SECRET: str = "sandbox_secret"
    """`SANDBOX_SECRET`: the REST secret, `imp_secret`. Guards nothing but play money."""

    WEBHOOK_URL: str = ""
    """`SANDBOX_WEBHOOK_URL`: where notices go when a payment names no `notice_url`; '' leaves it as it was."""

    LATENCY: str = ""
    """`SANDBOX_LATENCY`: seconds by which each REST answer is late; '' leaves the lever where it is."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ) -> "Config":
        """Read `SANDBOX_*`; what is unset or empty keeps its default."""
        names = cls.__dataclass_fields__
        return cls(**{name: environ[f"SANDBOX_{name}"] for name in names if environ.get(f"SANDBOX_{name}")})
