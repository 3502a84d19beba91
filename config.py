"""Every setting of the shop: its environment variable, type, unit, default and reason.

`Config.from_environ` reads them once, at start, and reports all problems together, so that an operator can correct them
all before the next start.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

CALLS_OF_A_CHARGE = 8
"""An upper limit of the calls for one charge: look up its outcome, charge, and look up again."""

PUBLISHED_CREDENTIALS = {"imp00000000", "sandbox_key", "sandbox_secret"}
"""Credentials that anyone can read in this repository: fit for a demonstration, never for a shop."""

SERVICE_ORIGINS = ("https://*.iamport.kr", "https://*.iamport.co")
"""The hosts of the real payment service's script and windows."""

THIS_MACHINE = ("localhost", "127.0.0.1")
"""Hosts that are always trusted, for health checks: they lead a browser to its own machine, never to another site."""

PUBLISHED_STAFF = "staff@example.com"
"""The demonstration's staff account, whose password anyone can read in this repository."""


class ConfigError(Exception):
    """The environment does not describe a shop that may start. The message lists every problem and what to do."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """The shop's settings, as `from_environ` reads them. `app.config.from_object` takes the upper-case fields."""

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
    """`IMP_CODE`: merchant code, such as `imp12345678`. Public: the page contains it."""

    IMP_KEY: str = field(repr=False)
    """`IMP_KEY`: REST key. Server only."""

    IMP_SECRET: str = field(repr=False)
    """`IMP_SECRET`: REST secret. Server only."""

    IMP_TIMEOUT: float = 30.0
    """`IMP_TIMEOUT`: total seconds for a charge or refund, and for every call of the worker, until the last byte of the
    answer. A PG may be slow; a short timeout leaves outcomes unknown."""

    IMP_WEB_TIMEOUT: float = 3.0
    """`IMP_WEB_TIMEOUT`: total seconds for any other call of a web request, such as reading a payment. A buyer waits
    for it, and the worker asks again if it was too short."""

    IMP_WEB_THREADS: int = 5
    """`IMP_WEB_THREADS`: how many threads of a web process may wait for the payment service at the same time. Fewer
    than the 8 threads in the Procfile, so that pages are still served while the service hangs."""

    PG_CHANNELS: Mapping[str, str] = field(default_factory=dict)
    """`PG_CHANNELS`: `guide=pg` pairs, comma separated: `inicis=html5_inicis.MOI1234567,paymentwall=channel-key-…`.
    A PG that is not listed uses the test channel of its guide."""

    PAYMENT_ORIGINS: tuple[str, ...] = ()
    """`PAYMENT_ORIGINS`: origins, separated by commas, that scripts, requests, frames and forms of a page may use,
    besides those of `IMP_SDK_URL` and the service. A PG whose window is on its own host may need it on phones."""

    TRUSTED_PROXIES: int = 0
    """`TRUSTED_PROXIES`: number of reverse proxies in front of the shop. Each adds one `X-Forwarded-*` value."""

    TRUSTED_HOSTS: tuple[str, ...] = THIS_MACHINE
    """`TRUSTED_HOSTS`: hosts at which the shop answers, besides that of `PUBLIC_URL` and `THIS_MACHINE`. Separated by
    commas, without a port; `.example.com` means all names below. Every other host is refused, because a redirect leads
    to the host of the request, which anyone can forge."""

    TEST_PAYMENTS: bool = False
    """`TEST_PAYMENTS`: `1` lets a payment through a test channel, where no money moves, pay for a period. The service's
    console keeps a merchant's test channels beside the live ones, and a browser may choose any of them, so a live shop
    refuses test payments. With `DEMO` the default is `1`."""

    DEMO: bool = False
    """`DEMO`: `1` allows what `demo/` needs, such as published credentials and an http `PUBLIC_URL`. For this
    machine or a private network, never for the internet. `demo/` starts with no other value."""

    RATELIMIT_ENABLED: bool = True
    """Whether the shop limits attempts to sign in and sign up. Off with `DEMO`, where one machine plays every user."""

    RATELIMIT_STORAGE_URI: str = "memory://"
    """`RATELIMIT_STORAGE_URI`: where attempts are counted. In memory, each process counts its own;
    `redis://host:6379/0` counts for all processes and machines together."""

    DUNNING_DAYS: tuple[int, ...] = (1, 3, 7)
    """`DUNNING_DAYS`: days after the first declined renewal on which the charge is retried, comma separated."""

    JOURNAL_DAYS: int = 400
    """`JOURNAL_DAYS`: days that the journal keeps the events of an order with nothing outstanding. More than a year, so
    that staff still see how a yearly plan was paid last when its next payment is questioned."""

    CLAIM_LIFETIME: timedelta = timedelta(minutes=5)
    """`CLAIM_LIFETIME`: seconds for which one process alone may charge a subscription. Another process takes over after
    that time, or earlier if the first one has ended. At least as long as all calls of one charge, each of which may
    take `IMP_TIMEOUT`."""

    STATEMENT_TIMEOUT: float = 30.0
    """`STATEMENT_TIMEOUT`: seconds after which PostgreSQL stops a statement. Every statement of the shop takes
    milliseconds; one that takes longer would hold locks and a connection that others wait for."""

    LOCK_TIMEOUT: float = 10.0
    """`LOCK_TIMEOUT`: seconds that a statement waits for a lock on PostgreSQL. The shop holds a lock for milliseconds,
    and never during a request to the payment service, so a longer wait means that its holder hangs. (SQLite: 15 s.)"""

    BABEL_DEFAULT_LOCALE: str = "ko"
    SESSION_COOKIE_NAME: str = "maedal_session"
    """Cookies ignore ports, so another site on the same host would overwrite a cookie named `session`."""
    SESSION_COOKIE_SAMESITE: str = "Lax"
    SESSION_COOKIE_SECURE: bool = False
    REMEMBER_COOKIE_SAMESITE: str = "Lax"
    WTF_CSRF_TIME_LIMIT: int | None = None
    """None: a buyer may leave a payment window open for longer than any limit that is short enough to protect."""
    MAX_CONTENT_LENGTH: int = 1_000_000
    """The largest request body in bytes. This shop has no uploads."""

    @property
    def engine_options(self) -> dict[str, object]:
        """How the shop connects to its database: one connection per thread that needs one, checked before each use.

        The pool has no limit of its own, because the threads have one: `--threads` of the worker, and the web server's.
        A thread that waited in vain for a connection would leave an approved charge without its answer. Errors are
        logged without the values of their statements, which may be names or e-mail addresses.
        """
        options: dict[str, object] = {"pool_pre_ping": True, "pool_size": 0, "hide_parameters": True}
        if self.SQLALCHEMY_DATABASE_URI.startswith("postgresql"):
            limits = {"statement_timeout": self.STATEMENT_TIMEOUT, "lock_timeout": self.LOCK_TIMEOUT}
            settings = " ".join(f"-c {name}={round(seconds * 1000)}" for name, seconds in limits.items())
            options["connect_args"] = {"options": settings}
        return options

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Config":
        """Return the settings in these environment variables.

        Raises:
            ConfigError: when variables are missing or unusable; the message lists all of them.
        """
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
            IMP_WEB_TIMEOUT=read.seconds("IMP_WEB_TIMEOUT", cls.IMP_WEB_TIMEOUT),
            IMP_WEB_THREADS=read.count("IMP_WEB_THREADS", cls.IMP_WEB_THREADS, at_least=1),
            PG_CHANNELS=read.pairs("PG_CHANNELS"),
            PAYMENT_ORIGINS=(origin_of(sdk_url), *SERVICE_ORIGINS, *read.origins("PAYMENT_ORIGINS")),
            TRUSTED_PROXIES=read.count("TRUSTED_PROXIES", 0),
            TRUSTED_HOSTS=(urlsplit(public_url).hostname or "", *THIS_MACHINE, *read.hosts("TRUSTED_HOSTS")),
            TEST_PAYMENTS=environ.get("TEST_PAYMENTS", "1" if demo else "") == "1",
            DEMO=demo,
            RATELIMIT_ENABLED=not demo,
            RATELIMIT_STORAGE_URI=read.storage("RATELIMIT_STORAGE_URI", cls.RATELIMIT_STORAGE_URI),
            DUNNING_DAYS=read.days("DUNNING_DAYS", cls.DUNNING_DAYS),
            JOURNAL_DAYS=read.count("JOURNAL_DAYS", cls.JOURNAL_DAYS, at_least=1),
            CLAIM_LIFETIME=read.claim_lifetime(cls.CLAIM_LIFETIME, longest_charge=CALLS_OF_A_CHARGE * timeout),
            STATEMENT_TIMEOUT=read.seconds("STATEMENT_TIMEOUT", cls.STATEMENT_TIMEOUT),
            LOCK_TIMEOUT=read.seconds("LOCK_TIMEOUT", cls.LOCK_TIMEOUT),
            SESSION_COOKIE_SECURE=public_url.startswith("https://"),
        )
        read.problems += _demonstration_problems(config) if demo else _business_problems(config)
        if read.problems:
            raise ConfigError("The shop cannot start:\n- " + "\n- ".join(read.problems))
        return config


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL, as a Content-Security-Policy names an origin."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _demonstration_problems(config: Config) -> list[str]:
    """Return what forbids a demonstration. Its one-click sign-in, also as staff, is for one machine only."""
    if config.PUBLIC_URL.startswith("https://"):
        return ["DEMO=1 lets anyone sign in as any user; remove it, or set PUBLIC_URL to an http:// address"]
    return []


def _business_problems(config: Config) -> list[str]:
    problems = [
        f"{name} holds a published sandbox value; set your own, or set DEMO=1 for a demonstration"
        for name in ("IMP_CODE", "IMP_KEY", "IMP_SECRET")
        if getattr(config, name) in PUBLISHED_CREDENTIALS
    ]
    if config.SECRET_KEY and len(config.SECRET_KEY) < 16:
        problems.append("SECRET_KEY is shorter than 16 characters; set the output of `openssl rand -hex 32`")
    if config.PUBLIC_URL.startswith("http://"):
        problems.append("PUBLIC_URL must start with https://; set DEMO=1 if this is a demonstration")
    return problems


class _Reader:
    """Reads variables one by one and collects the problem of each."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.problems: list[str] = []

    def text(self, name: str) -> str:
        value = self.environ.get(name, "").strip()
        if not value:
            self.problems.append(f"{name} is not set; set it as .env.example explains")
        return value

    def url(self, name: str) -> str:
        value = self.text(name).rstrip("/")
        if value and not value.startswith(("http://", "https://")):
            self.problems.append(f"{name} must be a full URL such as https://example.com, not {value!r}")
        return value

    def hosts(self, name: str) -> tuple[str, ...]:
        hosts = tuple(host.strip().lower() for host in self.environ.get(name, "").split(",") if host.strip())
        if not all(re.fullmatch(r"\.?[\w-]+(\.[\w-]+)*", host) for host in hosts):
            self.problems.append(f"{name} must be hosts such as www.example.com, separated by commas, without a port")
        return hosts

    def origins(self, name: str) -> tuple[str, ...]:
        origins = tuple(origin.strip() for origin in self.environ.get(name, "").split(",") if origin.strip())
        if not all(re.fullmatch(r"https://(\*\.)?[\w-]+(\.[\w-]+)*(:\d+)?", origin) for origin in origins):
            self.problems.append(f"{name} must be origins such as https://*.example.com, separated by commas")
        return origins

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

    def claim_lifetime(self, default: timedelta, *, longest_charge: float) -> timedelta:
        seconds = self.seconds("CLAIM_LIFETIME", max(default.total_seconds(), longest_charge))
        if seconds < longest_charge:
            self.problems.append(
                f"CLAIM_LIFETIME must be at least {longest_charge:g} seconds, {CALLS_OF_A_CHARGE} times IMP_TIMEOUT: a "
                f"shorter claim could end during its charge"
            )
        return timedelta(seconds=seconds)

    def count(self, name: str, default: int, *, at_least: int = 0) -> int:
        value = self.environ.get(name, "").strip() or str(default)
        if re.fullmatch(r"\d+", value, re.ASCII) and int(value) >= at_least:
            return int(value)
        self.problems.append(f"{name} must be a whole number{' above 0' if at_least else ''}, not {value!r}")
        return default

    def days(self, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
        value = self.environ.get(name, "").strip()
        try:
            days = tuple(int(day) for day in value.split(",")) if value else default
        except ValueError:
            days = ()
        if not days or days[0] < 1 or list(days) != sorted(set(days)):
            self.problems.append(f"{name} must be increasing days separated by commas such as 1,3,7, not {value!r}")
            return default
        return days

    def pairs(self, name: str) -> dict[str, str]:
        pairs = [pair.strip() for pair in self.environ.get(name, "").split(",") if pair.strip()]
        if not all("=" in pair for pair in pairs):
            self.problems.append(f"{name} must be pairs such as inicis=html5_inicis.MOI1234567, separated by commas")
            return {}
        return {key.strip(): value.strip() for key, value in (pair.split("=", 1) for pair in pairs)}
