"""Time: UTC inside, months counted in Seoul from an anchor day."""

from datetime import UTC, datetime, timedelta

import pytest

from clock import add_months, back_off, day_of_month, from_text, from_unix, in_seoul, machine_now, now, shifted


def seoul(text: str) -> datetime:
    """Return the moment of a date and time in Seoul."""
    return datetime.fromisoformat(f"{text}+09:00").astimezone(UTC)


def test_now_is_aware_utc():
    assert now().utcoffset() == timedelta(0)


def test_business_time_moves_and_machine_time_does_not():
    with shifted(timedelta(days=40)):
        ahead = now() - machine_now()
    back = now() - machine_now()

    assert abs(ahead - timedelta(days=40)) < timedelta(seconds=1)
    assert abs(back) < timedelta(seconds=1)


def test_a_time_without_an_offset_is_seouls():
    assert from_text("2026-12-01T09:00") == from_text("2026-12-01T00:00+00:00") == seoul("2026-12-01T09:00")


def test_what_failed_together_is_not_repeated_together():
    pauses = {back_off(3, at_most=timedelta(hours=1), seed=seed) for seed in range(100)}

    assert len(pauses) > 90
    assert all(timedelta(minutes=12) <= pause <= timedelta(minutes=16) for pause in pauses)


@pytest.mark.parametrize(
    ("seconds", "moment"),
    [(0, None), (1, datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)), (1_769_785_200, seoul("2026-01-31T00:00"))],
)
def test_unix_seconds_are_moments_and_zero_is_not_yet(seconds, moment):
    assert from_unix(seconds) == moment


@pytest.mark.parametrize(
    ("start", "months", "anchor_day", "end"),
    [
        ("2026-01-15T12:00", 1, 15, "2026-02-15T12:00"),
        ("2026-01-31T12:00", 1, 31, "2026-02-28T12:00"),
        ("2026-02-28T12:00", 1, 31, "2026-03-31T12:00"),
        ("2026-03-31T12:00", 1, 31, "2026-04-30T12:00"),
        ("2026-04-30T12:00", 1, 31, "2026-05-31T12:00"),
        ("2028-01-31T12:00", 1, 31, "2028-02-29T12:00"),
        ("2028-02-29T12:00", 1, 29, "2028-03-29T12:00"),
        ("2028-02-29T12:00", 12, 29, "2029-02-28T12:00"),
        ("2031-02-28T12:00", 12, 29, "2032-02-29T12:00"),
        ("2026-11-30T12:00", 3, 30, "2027-02-28T12:00"),
        ("2026-12-31T23:59", 1, 31, "2027-01-31T23:59"),
        ("2026-01-31T12:00", 12, 31, "2027-01-31T12:00"),
        ("2026-01-31T12:00", 0, 31, "2026-01-31T12:00"),
        ("2026-03-31T12:00", -1, 31, "2026-02-28T12:00"),
    ],
)
def test_a_month_later_is_the_anchor_day_or_the_last_of_a_shorter_month(start, months, anchor_day, end):
    assert add_months(seoul(start), months, anchor_day=anchor_day) == seoul(end)


def test_twelve_single_months_end_where_a_year_does():
    moment = seoul("2026-01-31T09:00")

    for _ in range(12):
        moment = add_months(moment, 1, anchor_day=31)

    assert moment == add_months(seoul("2026-01-31T09:00"), 12, anchor_day=31)


@pytest.mark.parametrize(
    ("utc", "day"),
    [
        ("2026-01-30T14:59:59", 30),
        ("2026-01-30T15:00:00", 31),
        ("2026-01-31T14:59:59", 31),
        ("2026-01-31T15:00:00", 1),
    ],
)
def test_the_day_begins_at_midnight_in_seoul(utc, day):
    assert day_of_month(datetime.fromisoformat(f"{utc}+00:00")) == day


def test_months_are_counted_in_seoul_where_it_is_february_already():
    first_of_february = datetime(2026, 1, 31, 16, 0, tzinfo=UTC)

    assert add_months(first_of_february, 1, anchor_day=1) == datetime(2026, 2, 28, 16, 0, tzinfo=UTC)


def test_the_answer_is_utc_whatever_zone_came_in():
    assert add_months(in_seoul(seoul("2026-01-15T12:00")), 1, anchor_day=15).tzinfo is UTC
