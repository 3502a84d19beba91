"""Every setting of the shop: its environment variable, type, unit, default and reason.

`Config.from_environ` reads them once, at start, and reports every problem together, so that nobody mends
them one restart at a time.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

CALLS_OF_A_CHARGE = 8
"""More requests than one charge makes: what became of it earlier, the charge itself, what became of it, and tokens."""

PUBLISHED_CREDENTIALS = {"imp00000000", "sandbox_key", "sandbox_secret"}
"""Credentials that anybody can read in this repository: good for a demonstration, never for a shop."""

PUBLISHED_STAFF = "staff@example.com"
"""The demonstration's member of staff, whose password anybody can read in this repository."""


class ConfigError(Exception):
    """The environment does not describe a shop that may start; the message lists all that is wrong."""


@dataclass(frozen=True, kw_only=True)
class Config:
    SECRET_KEY: str = field(repr=False)
    """`SECRET_KEY`: signs sessions and forms. At least 16 characters."""

    SQLALCHEMY_DATABASE_URI: str
    """`DATABASE_URL`: `sqlite:///…` for one machine, `postgresql+psycopg://…` for more."""

    PUBLIC_URL: str
    """`PUBLIC_URL`: how buyers and the payment service reach this shop; base of `m_redirect_url` and `notice_url`."""

    IMP_API_URL: str
    """`IMP_API_URL`: REST base, no trailing slash. The real service: `https://api.iamport.kr`."""

    IMP_SDK_URL: str
    """`IMP_SDK_URL`: the browser script. The real service: `https://cdn.iamport.kr/v1/iamport.js`."""

    IMP_CODE: str
    """`IMP_CODE`: merchant code, such as `imp12345678`. Public: it stands in the page."""

    IMP_KEY: str = field(repr=False)
    """`IMP_KEY`: REST key. Server only."""

    IMP_SECRET: str = field(repr=False)
    """`IMP_SECRET`: REST secret. Server only."""

    IMP_TIMEOUT: float = 30.0
    """`IMP_TIMEOUT`: seconds to wait for an answer. A PG may take long; giving up early leaves an unknown outcome."""

    PG_CHANNELS: Mapping[str, str] = field(default_factory=dict)
    """`PG_CHANNELS`: `guide=pg` pairs, comma separated: `inicis=html5_inicis.MOI1234567,paymentwall=channel-key-…`.
    A PG left out uses the test channel its guide names."""

    PAYMENT_ORIGINS: tuple[str, ...] = ()
    """Origins the pages may load the payment script and windows from: `IMP_SDK_URL`'s own and the service's hosts."""

    TRUSTED_PROXIES: int = 0
    """`TRUSTED_PROXIES`: how many reverse proxies stand in front, each adding one `X-Forwarded-*` value."""

    TEST_PAYMENTS: bool = False
    """`TEST_PAYMENTS`: `1` lets a payment through a test channel, where no money moves, pay for a period. A
    merchant's test channels stay in the console beside the live ones and a browser may choose among them, so a shop
    that sells refuses them. With `DEMO` the default is `1`."""

    DEMO: bool = False
    """`DEMO`: `1` allows what `demo/` needs, such as published credentials and an http `PUBLIC_URL`, on this machine
    only. `demo/` starts with no other value."""

    RATELIMIT_ENABLED: bool = True
    """Whether attempts to sign in and sign up are counted. Off with `DEMO`: one machine plays everybody there."""

    RATELIMIT_STORAGE_URI: str = "memory://"
    """`RATELIMIT_STORAGE_URI`: where they are counted. In memory each process counts its own; `redis://host:6379/0`
    counts for all processes and machines together."""

    DUNNING_DAYS: tuple[int, ...] = (1, 3, 7)
    """`DUNNING_DAYS`: days after the first declined renewal on which it is tried again, comma separated."""

    CLAIM_LIFETIME: timedelta = timedelta(minutes=5)
    """How long one process may hold a subscription it is charging: longer than all the calls of one charge together,
    each of which may take `IMP_TIMEOUT` to connect and again to answer."""

    BABEL_DEFAULT_LOCALE: str = "ko"
    SESSION_COOKIE_NAME: str = "maedal_session"
    """Cookies know no ports: another site on the same host would overwrite one called `session`."""
    SESSION_COOKIE_SAMESITE: str = "Lax"
    SESSION_COOKIE_SECURE: bool = False
    REMEMBER_COOKIE_SAMESITE: str = "Lax"
    WTF_CSRF_TIME_LIMIT: int | None = None
    """A payment window may stay open for longer than any limit that would still protect something."""
    MAX_CONTENT_LENGTH: int = 1_000_000
    """Bytes of the largest request body: nothing here is uploaded."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Config":
        """Raises `ConfigError` listing every missing or unusable variable."""
        read = _Reader(environ)
        demo = environ.get("DEMO", "") == "1"
        public_url = read.url("PUBLIC_URL")
        timeout = read.seconds("IMP_TIMEOUT", cls.IMP_TIMEOUT)
        sdk_url = read.url("IMP_SDK_URL")
        config = cls(
            SECRET_KEY=read.text("SECRET_KEY"),
            SQLALCHEMY_DATABASE_URI=read.text("DATABASE_URL"),
            PUBLIC_URL=public_url,
            IMP_API_URL=read.url("IMP_API_URL"),
            IMP_SDK_URL=sdk_url,
            IMP_CODE=read.text("IMP_CODE"),
            IMP_KEY=read.text("IMP_KEY"),
            IMP_SECRET=read.text("IMP_SECRET"),
            IMP_TIMEOUT=timeout,
            PG_CHANNELS=read.pairs("PG_CHANNELS"),
            PAYMENT_ORIGINS=(origin_of(sdk_url), "https://*.iamport.kr", "https://*.iamport.co"),
            TRUSTED_PROXIES=read.count("TRUSTED_PROXIES", 0),
            TEST_PAYMENTS=environ.get("TEST_PAYMENTS", "1" if demo else "") == "1",
            DEMO=demo,
            RATELIMIT_ENABLED=not demo,
            RATELIMIT_STORAGE_URI=read.storage("RATELIMIT_STORAGE_URI", cls.RATELIMIT_STORAGE_URI),
            DUNNING_DAYS=read.days("DUNNING_DAYS", cls.DUNNING_DAYS),
            CLAIM_LIFETIME=max(cls.CLAIM_LIFETIME, timedelta(seconds=CALLS_OF_A_CHARGE * 2 * timeout)),
            SESSION_COOKIE_SECURE=public_url.startswith("https://"),
        )
        read.problems += _unfit_for_demonstration(config) if demo else _unfit_for_business(config)
        if read.problems:
            raise ConfigError("The shop cannot start:\n- " + "\n- ".join(read.problems))
        return config


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _unfit_for_demonstration(config: Config) -> list[str]:
    """One-click sign-in, as staff too, is for this machine."""
    if config.PUBLIC_URL.startswith("https://"):
        return ["DEMO=1 lets anybody sign in as anybody; leave it out where PUBLIC_URL is https"]
    return []


def _unfit_for_business(config: Config) -> list[str]:
    problems = [
        f"{name} holds a published sandbox value; set your own, or DEMO=1 for a demonstration"
        for name in ("IMP_CODE", "IMP_KEY", "IMP_SECRET")
        if getattr(config, name) in PUBLISHED_CREDENTIALS
    ]
    if config.SECRET_KEY and len(config.SECRET_KEY) < 16:
        problems.append("SECRET_KEY is shorter than 16 characters; `openssl rand -hex 32` makes a good one")
    if config.PUBLIC_URL.startswith("http://"):
        problems.append("PUBLIC_URL must start with https:// outside a demonstration")
    return problems


class _Reader:
    """Reads variables one by one and remembers what was wrong with each."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.problems: list[str] = []

    def text(self, name: str) -> str:
        value = self.environ.get(name, "").strip()
        if not value:
            self.problems.append(f"{name} is not set; .env.example says what it is")
        return value

    def url(self, name: str) -> str:
        value = self.text(name).rstrip("/")
        if value and not value.startswith(("http://", "https://")):
            self.problems.append(f"{name} must be a full URL such as https://example.com, not {value!r}")
        return value

    def storage(self, name: str, default: str) -> str:
        value = self.environ.get(name, "").strip() or default
        if not value.startswith(("memory://", "redis://", "rediss://", "redis+unix://")):
            self.problems.append(
                f"{name} must be memory:// or an address such as redis://localhost:6379/0, not {value!r}"
            )
        return value

    def seconds(self, name: str, default: float) -> float:
        value = self.environ.get(name, "").strip() or str(default)
        if re.fullmatch(r"\d+(\.\d+)?", value, re.ASCII) and float(value) > 0:
            return float(value)
        self.problems.append(f"{name} must be a number of seconds above 0, not {value!r}")
        return default

    def count(self, name: str, default: int) -> int:
        value = self.environ.get(name, "").strip() or str(default)
        if re.fullmatch(r"\d+", value, re.ASCII):
            return int(value)
        self.problems.append(f"{name} must be a whole number, not {value!r}")
        return default

    def days(self, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
        value = self.environ.get(name, "").strip()
        try:
            days = tuple(int(day) for day in value.split(",")) if value else default
        except ValueError:
            days = ()
        if not days or days[0] < 1 or list(days) != sorted(set(days)):
            self.problems.append(f"{name} must be rising days separated by commas such as 1,3,7, not {value!r}")
            return default
        return days

    def pairs(self, name: str) -> dict[str, str]:
        pairs = [pair.strip() for pair in self.environ.get(name, "").split(",") if pair.strip()]
        if not all("=" in pair for pair in pairs):
            self.problems.append(f"{name} must be pairs such as inicis=html5_inicis.MOI1234567, separated by commas")
            return {}
        return {key.strip(): value.strip() for key, value in (pair.split("=", 1) for pair in pairs)}
