"""The health check, as a load balancer or a monitor reads it."""

from datetime import timedelta
from itertools import count

from sqlalchemy.exc import OperationalError

import clock
from models import db
from services.iamport import CircuitOpen
from tests.factories import NOW


def test_a_healthy_shop_says_so_and_nothing_else(client):
    answer = client.get("/healthz")

    assert (answer.status_code, answer.json) == (200, {"database": "ok", "payment_service": "ok", "breaker": "closed"})


def test_a_silent_payment_service_shows_in_the_health_check(client, payments):
    payments.silent = True

    answer = client.get("/healthz")

    assert answer.status_code == 503
    assert answer.json == {"database": "ok", "payment_service": "Unknown", "breaker": "closed"}


def test_a_database_that_does_not_answer_shows_in_the_health_check(client, monkeypatch):
    def refuse(*_):
        raise OperationalError("SELECT 1", {}, Exception("connection refused"))

    monkeypatch.setattr(db.session, "execute", refuse)

    answer = client.get("/healthz")

    assert answer.status_code == 503
    assert answer.json == {"database": "OperationalError", "payment_service": "ok", "breaker": "closed"}


def test_an_open_breaker_shows_in_the_health_check(client, payments):
    payments.raises["ping"] = CircuitOpen("the payment service has not answered recent calls")
    payments.breaker_state = "open"

    answer = client.get("/healthz")

    assert answer.status_code == 503
    assert answer.json == {"database": "ok", "payment_service": "CircuitOpen", "breaker": "open"}


def test_who_repeats_the_health_check_does_not_reach_the_payment_service_each_time(client, payments):
    for _ in range(5):
        client.get("/healthz")

    assert payments.calls == ["ping"]


def test_a_moved_business_clock_does_not_make_the_check_ask_more_often(client, payments, monkeypatch):
    days = count()
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=next(days)))

    for _ in range(3):
        client.get("/healthz")

    assert payments.calls == ["ping"]
