"""Shop and sandbox as real processes on free ports, and shoppers with a browser, a language and a device."""

import os
import re
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from flask_migrate import upgrade
from playwright.sync_api import Browser, BrowserContext, Page, Playwright
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from app import create_app
from config import Config
from models import db
from services import catalog
from tests.e2e.pages.words import Words

ROOT = Path(__file__).parents[2]
GUNICORN = (sys.executable, "-m", "gunicorn", "--no-control-socket", "--threads", "8")
LANGUAGES = {"pc": "ko", "phone": "en"}
"""The language of each device, so that one run of a journey per device covers both languages."""


@dataclass(frozen=True)
class Site:
    """Where the two applications listen, and the environment that they run in."""

    shop: str
    sandbox: str
    environ: dict[str, str]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Start shop, worker and sandbox on a migrated database. At the end, print the log: pytest shows it on failure."""
    folder = tmp_path_factory.mktemp("site")
    shop_port, sandbox_port = free_port(), free_port()
    site = Site(
        shop=f"http://localhost:{shop_port}",
        sandbox=f"http://localhost:{sandbox_port}",
        environ={
            **os.environ,
            "DEMO": "1",
            "SECRET_KEY": secrets.token_hex(),
            "DATABASE_URL": f"sqlite:///{folder}/shop.db",
            "SANDBOX_DATABASE_URL": f"sqlite:///{folder}/sandbox.db",
            "PUBLIC_URL": f"http://localhost:{shop_port}",
            "IMP_API_URL": f"http://localhost:{sandbox_port}",
            "IMP_SDK_URL": f"http://localhost:{sandbox_port}/v1/iamport.js",
            "IMP_CODE": "imp00000000",
            "IMP_KEY": "sandbox_key",
            "IMP_SECRET": "sandbox_secret",
            "IMP_WEB_TIMEOUT": "20",  # a busy machine is no fault of the payment service
        },
    )
    app = create_app(Config.from_environ(site.environ))
    with app.app_context():
        upgrade()
        catalog.seed()
        db.session.remove()
        db.engine.dispose()
    log = (folder / "log").open("w")
    servers = (("demo", shop_port), ("sandbox.app", sandbox_port))
    commands = [
        *([*GUNICORN, "--bind", f"127.0.0.1:{port}", f"{module}:create_app()"] for module, port in servers),
        [sys.executable, "-m", "flask", "--app", "demo", "renew-due", "--forever"],
    ]
    processes = [
        subprocess.Popen(command, cwd=ROOT, env=site.environ, stdout=log, stderr=subprocess.STDOUT)
        for command in commands
    ]
    try:
        for url in (site.sandbox, site.shop):
            wait_for(f"{url}/healthz", Path(log.name))
        yield site
    finally:
        for process in processes:
            process.terminate()
            process.wait()
        sys.stdout.write(Path(log.name).read_text()[-4000:])


def wait_for(url: str, log: Path) -> None:
    """Wait until a server answers, and fail with its log if it does not."""
    patient = requests.Session()
    patient.mount("http://", HTTPAdapter(max_retries=Retry(connect=300, backoff_factor=0.05, backoff_max=0.5)))
    answer = patient.get(url, timeout=30)
    assert answer.ok, f"{url} answered {answer.status_code}:\n{log.read_text()}"


@dataclass(frozen=True)
class Shopper:
    """A person with a browser and an account of their own."""

    page: Page
    site: Site
    words: Words
    device: str
    email: str
    """Empty without an account."""

    @property
    def language(self) -> str:
        return self.words.language

    def open(self, path: str) -> Page:
        self.page.goto(self.site.shop + path)
        return self.page

    def control(self, lever: str, **order: object) -> None:
        """Pull a lever of the sandbox, which serves one test at a time here."""
        requests.post(f"{self.site.sandbox}/control/{lever}", json=order, timeout=30).raise_for_status()


MakeShopper = Callable[..., Shopper]


@pytest.fixture
def make_shopper(site: Site, browser: Browser, playwright: Playwright) -> Iterator[MakeShopper]:
    """`make_shopper("pc" or "phone", language=…, signed_in=…)`. An error in the browser's console fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def make(device: str = "pc", *, language: str = "", signed_in: bool = True) -> Shopper:
        language = language or LANGUAGES[device]
        shape = playwright.devices["iPhone 13"] if device == "phone" else {"viewport": {"width": 1280, "height": 900}}
        context = browser.new_context(
            **{**shape, "device_scale_factor": 1},
            locale="ko-KR" if language == "ko" else "en-US",
            reduced_motion="reduce",  # animations cost time, and no test looks at them
            base_url=site.shop,
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        email = _sign_up(context, language) if signed_in else ""
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return Shopper(page=page, site=site, words=Words(language), device=device, email=email)

    yield make
    for context in contexts:
        context.close()
    # Many of these tests provoke a refused request; only a script that fails is a fault.
    assert [text for text in complaints if "the server responded with a status of" not in text] == []


@pytest.fixture(params=["pc", "phone"])
def device(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def shopper(make_shopper: MakeShopper, device: str) -> Shopper:
    """A signed-in shopper, once on a PC in Korean and once on a phone in English."""
    return make_shopper(device)


def _sign_up(context: BrowserContext, language: str) -> str:
    form = context.request.get(f"/account/sign-up?lang={language}").text()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)
    assert token is not None
    email = f"{secrets.token_hex(6)}@example.com"
    answer = context.request.post(
        "/account/sign-up",
        form={
            "csrf_token": token[1],
            "name": "Jisoo Kim",
            "email": email,
            "tel": "010-1234-5678",
            "password": "correct horse",
        },
    )
    assert "/subscriptions" in answer.url, answer.text()
    return email
