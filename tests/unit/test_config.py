"""The environment describes a shop that may start, or the error lists all of its problems."""

from dataclasses import FrozenInstanceError
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from config import Config, ConfigError, origin_of
from models import db

FIT = {
    "SECRET_KEY": "0123456789abcdef0123456789abcdef",
    "DATABASE_URL": "sqlite:////tmp/shop.db",
    "PUBLIC_URL": "https://shop.example",
    "IMP_API_URL": "https://api.iamport.kr",
    "IMP_SDK_URL": "https://cdn.iamport.kr/v1/iamport.js",
    "IMP_CODE": "imp12345678",
    "IMP_KEY": "a-key",
    "IMP_SECRET": "a-secret",
}
DEMO = {
    **FIT,
    "DEMO": "1",
    "PUBLIC_URL": "http://localhost:8000",
    "IMP_API_URL": "http://localhost:8001",
    "IMP_SDK_URL": "http://localhost:8001/v1/iamport.js",
    "IMP_CODE": "imp00000000",
    "IMP_KEY": "sandbox_key",
    "IMP_SECRET": "sandbox_secret",
    "SECRET_KEY": "short",
}


def problems_of(environ: dict[str, str]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        Config.from_environ(environ)
    return str(caught.value).splitlines()[1:]


def test_a_fit_environment_starts_with_sensible_defaults():
    config = Config.from_environ(FIT)

    assert (config.DUNNING_DAYS, config.IMP_TIMEOUT, config.TRUSTED_PROXIES) == ((1, 3, 7), 30.0, 0)
    assert (config.IMP_WEB_TIMEOUT, config.IMP_WEB_THREADS) == (3.0, 5)
    assert config.JOURNAL_DAYS == 400
    assert not config.DEMO
    assert config.SESSION_COOKIE_SECURE
    assert config.PAYMENT_ORIGINS == ("https://cdn.iamport.kr", "https://*.iamport.kr", "https://*.iamport.co")


def test_a_pg_with_a_window_on_its_own_host_is_added():
    config = Config.from_environ({**FIT, "PAYMENT_ORIGINS": " https://*.pg.example, https://pay.example:8443,"})

    assert config.PAYMENT_ORIGINS[3:] == ("https://*.pg.example", "https://pay.example:8443")


@pytest.mark.parametrize(
    ("environ", "taken"),
    [(FIT, False), ({**FIT, "TEST_PAYMENTS": "1"}, True), (DEMO, True), ({**DEMO, "TEST_PAYMENTS": "0"}, False)],
)
def test_payments_of_test_channels_count_in_a_demonstration_or_where_the_setting_says_so(environ, taken):
    assert Config.from_environ(environ).TEST_PAYMENTS is taken


def test_an_empty_environment_reports_every_problem_together():
    problems = problems_of({})

    assert [problem.split()[1] for problem in problems] == [
        "PUBLIC_URL",
        "IMP_SDK_URL",
        "SECRET_KEY",
        "DATABASE_URL",
        "IMP_API_URL",
        "IMP_CODE",
        "IMP_KEY",
        "IMP_SECRET",
    ]


@pytest.mark.parametrize("name", FIT)
def test_each_variable_is_required(name):
    (problem,) = problems_of({**FIT, name: "  "})

    assert problem.startswith(f"- {name} is not set")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("IMP_CODE", "imp00000000", "published sandbox value"),
        ("IMP_KEY", "sandbox_key", "published sandbox value"),
        ("IMP_SECRET", "sandbox_secret", "published sandbox value"),
        ("SECRET_KEY", "short", "shorter than 16"),
        ("PUBLIC_URL", "http://shop.example", "https://"),
        ("PUBLIC_URL", "shop.example", "full URL"),
        ("TRUSTED_HOSTS", "https://shop.example", "www.example.com"),
        ("TRUSTED_HOSTS", "shop.example:443", "without a port"),
        ("PAYMENT_ORIGINS", "pg.example", "https://*.example.com"),
        ("PAYMENT_ORIGINS", "https://pg.example/pay; script-src *", "https://*.example.com"),
        ("IMP_API_URL", "api.iamport.kr", "full URL"),
        ("IMP_SDK_URL", "//cdn.iamport.kr/v1/iamport.js", "full URL"),
        *(("IMP_TIMEOUT", value, "number of seconds") for value in ("soon", "0", "-1", "nan", "inf")),
        *(("IMP_WEB_TIMEOUT", value, "number of seconds") for value in ("soon", "0")),
        *(("IMP_WEB_THREADS", value, "whole number above 0") for value in ("many", "0")),
        *(("JOURNAL_DAYS", value, "whole number above 0") for value in ("a year", "0", "-1")),
        *(("TRUSTED_PROXIES", value, "whole number") for value in ("-1", "1.5", "two")),
        ("DUNNING_DAYS", "1;3", "days separated by commas"),
        ("CLAIM_LIFETIME", "239", "at least 240 seconds"),
        ("CLAIM_LIFETIME", "five minutes", "number of seconds"),
        ("PG_CHANNELS", "inicis", "pairs such as"),
    ],
)
def test_what_is_unfit_for_business_is_named(name, value, says):
    (problem,) = problems_of({**FIT, name: value})

    assert problem.startswith(f"- {name} ")
    assert says in problem


@pytest.mark.parametrize(
    ("timeout", "lifetime", "seconds"), [("30", "", 300), ("30", "240", 240), ("60", "", 480), ("2", "16", 16)]
)
def test_a_claim_lasts_as_long_as_all_calls_of_a_charge(timeout, lifetime, seconds):
    config = Config.from_environ({**FIT, "IMP_TIMEOUT": timeout, "CLAIM_LIFETIME": lifetime})

    assert timedelta(seconds=seconds) == config.CLAIM_LIFETIME


@pytest.mark.parametrize(
    ("environ", "hosts"),
    [
        (FIT, ("shop.example", "localhost", "127.0.0.1")),
        (
            {**FIT, "TRUSTED_HOSTS": " www.Shop.example, .cdn.example,"},
            ("shop.example", "localhost", "127.0.0.1", "www.shop.example", ".cdn.example"),
        ),
        ({**DEMO, "PUBLIC_URL": "http://192.168.1.5:8000"}, ("192.168.1.5", "localhost", "127.0.0.1")),
    ],
)
def test_the_shop_answers_at_the_host_of_its_address_and_at_those_that_are_set(environ, hosts):
    assert hosts == Config.from_environ(environ).TRUSTED_HOSTS


def test_several_problems_come_together():
    problems = problems_of({**FIT, "IMP_KEY": "sandbox_key", "DUNNING_DAYS": "x", "PUBLIC_URL": "http://a"})

    assert len(problems) == 3


def test_a_demonstration_may_use_what_is_published():
    config = Config.from_environ(DEMO)

    assert config.DEMO
    assert not config.SESSION_COOKIE_SECURE
    assert config.PAYMENT_ORIGINS[0] == "http://localhost:8001"


@pytest.mark.parametrize("value", ["", "0", "true", "yes"])
def test_only_a_1_switches_the_demonstration_on(value):
    with pytest.raises(ConfigError):
        Config.from_environ({**DEMO, "DEMO": value})


def test_settings_are_read_in_their_types():
    config = Config.from_environ(
        {
            **FIT,
            "IMP_TIMEOUT": "2.5",
            "DUNNING_DAYS": "2, 5",
            "TRUSTED_PROXIES": "1",
            "PG_CHANNELS": " inicis = html5_inicis.MOI1 , paymentwall=channel-key-1=2 ",
            "PUBLIC_URL": "https://shop.example/",
        }
    )

    assert (config.IMP_TIMEOUT, config.DUNNING_DAYS, config.TRUSTED_PROXIES) == (2.5, (2, 5), 1)
    assert config.PG_CHANNELS == {"inicis": "html5_inicis.MOI1", "paymentwall": "channel-key-1=2"}
    assert config.PUBLIC_URL == "https://shop.example"


def test_a_problem_never_repeats_a_secret():
    problems = problems_of({**FIT, "IMP_SECRET": "sandbox_secret", "SECRET_KEY": "hush", "IMP_KEY": "sandbox_key"})

    assert not [p for p in problems if "sandbox_secret" in p or "hush" in p or "sandbox_key" in p]


def test_the_printed_config_holds_no_secret():
    config = Config.from_environ(FIT)

    assert not [name for name in ("SECRET_KEY", "IMP_KEY", "IMP_SECRET") if FIT[name] in repr(config)]


def test_a_config_cannot_be_changed_afterwards():
    config = Config.from_environ(FIT)

    with pytest.raises(FrozenInstanceError):
        config.DEMO = True  # type: ignore[misc]


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://cdn.iamport.kr/v1/iamport.js", "https://cdn.iamport.kr"),
        ("http://localhost:8001/v1/iamport.js?device=mobile", "http://localhost:8001"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url, origin):
    assert origin_of(url) == origin


def test_attempts_are_counted_except_in_a_demonstration():
    assert Config.from_environ(FIT).RATELIMIT_ENABLED
    assert not Config.from_environ(DEMO).RATELIMIT_ENABLED


@pytest.mark.parametrize("uri", ["memory://", "redis://localhost:6379/0", "rediss://cache.example:6380"])
def test_attempts_are_counted_where_the_environment_says(uri):
    assert uri == Config.from_environ(FIT | {"RATELIMIT_STORAGE_URI": uri}).RATELIMIT_STORAGE_URI


def test_a_storage_that_cannot_count_is_refused():
    (problem,) = problems_of(FIT | {"RATELIMIT_STORAGE_URI": "localhost:6379"})

    assert problem.startswith("- RATELIMIT_STORAGE_URI must be memory:// or an address such as redis://")


def test_a_database_error_does_not_tell_the_values_of_its_statement(app):
    with app.app_context(), pytest.raises(DBAPIError) as failed:
        db.session.execute(text("SELECT nothing FROM nowhere WHERE email = :email"), {"email": "jisoo@example.com"})

    assert "jisoo@example.com" not in str(failed.value)
