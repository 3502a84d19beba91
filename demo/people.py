"""The sample people. They get their subscriptions through the same services as every buyer."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import clock
from config import PUBLISHED_STAFF
from demo import sandbox
from demo.past import CARD_MONTHS, lived_since, subscribe
from models import User, db
from services import accounts

PASSWORD = "maedal-demo"
"""The password of all sample people. Only the demonstration creates these accounts."""

GOOD_CARD = "4242-4242-4242-4242"
CARD_DECLINED_LATER = "4000-0000-0000-9995"

FAMILY_NAMES = ("강", "권", "서", "송", "신", "안", "오", "윤", "임", "장", "조", "한", "홍", "황")
GIVEN_NAMES = (
    "가온",
    "다은",
    "도윤",
    "라온",
    "민서",
    "서준",
    "수아",
    "시우",
    "예린",
    "우진",
    "유나",
    "은우",
    "지호",
    "하린",
)

Story = Callable[[User, datetime], None]


def _bought_nothing_yet(user: User, now: datetime) -> None:
    """This person has no subscription yet."""


def _paid_three_months(user: User, now: datetime) -> None:
    paid_last = now - timedelta(days=10)
    start = clock.add_months(paid_last, -2, anchor_day=clock.day_of_month(paid_last))
    with lived_since(user, start, until=now):
        subscribe(user, "coffee-monthly", card=GOOD_CARD, now=start)


def _declined_today(user: User, now: datetime) -> None:
    # After a short month the renewal was declined up to three days ago, and was retried since.
    # An hour to spare: on a slow machine the first payment is made some seconds after `start`.
    past = now - timedelta(hours=1)
    start = clock.add_months(past, -1, anchor_day=clock.day_of_month(past))
    with lived_since(user, start, until=now):
        subscribe(user, "coffee-monthly", card=CARD_DECLINED_LATER, now=start)


@dataclass(frozen=True, kw_only=True)
class Person:
    """A sample person: their account, their role in words, and the story of their subscription."""

    id: str
    email: str
    name: str
    role: Mapping[str, str]
    story: Story = _bought_nothing_yet
    is_staff: bool = False


PEOPLE = (
    Person(
        id="new",
        email="haneul@example.com",
        name="이하늘",
        role={"ko": "아직 구독이 없는 고객", "en": "a shopper with no subscription"},
    ),
    Person(
        id="active",
        email="jisoo@example.com",
        name="김지수",
        role={"ko": "구독 중인 고객", "en": "a shopper with an active subscription"},
        story=_paid_three_months,
    ),
    Person(
        id="declined",
        email="minjun@example.com",
        name="박민준",
        role={"ko": "갱신 결제가 거절된 고객", "en": "a shopper whose renewal was declined"},
        story=_declined_today,
    ),
    Person(
        id="staff",
        email=PUBLISHED_STAFF,
        name="최운영",
        role={"ko": "운영 담당자", "en": "a staff member"},
        is_staff=True,
    ),
)


def tell_story(user: User) -> None:
    """Give a sample person the past of their role. Do nothing for anyone else."""
    for person in PEOPLE:
        if person.email == user.email:
            person.story(user, clock.machine_now())


def newcomer() -> User:
    """Return a new account of a shopper without a past, with an invented name and address."""
    name = f"{secrets.choice(FAMILY_NAMES)}{secrets.choice(GIVEN_NAMES)}"
    return _sign_up(email=f"{secrets.token_hex(4)}@example.com", name=name)


def seed() -> None:
    """Create the people who are missing. The payment service must be up, because their cards are registered there."""
    sandbox.fill_in_expiry(months=CARD_MONTHS)
    for person in PEOPLE:
        user = accounts.by_email(person.email) or _sign_up(
            email=person.email, name=person.name, is_staff=person.is_staff
        )
        if not user.subscriptions:
            tell_story(user)


def _sign_up(*, email: str, name: str, is_staff: bool = False) -> User:
    now = clock.machine_now()
    user = accounts.sign_up(email=email, password=PASSWORD, name=name, tel="010-1234-5678", language="ko", now=now)
    # A person of the demonstration has no language, so that it uses the visitor's.
    user.language, user.is_staff = None, is_staff
    db.session.commit()
    return user


def account_of(person_id: str) -> User | None:
    """Return a sample person's account, or None if there is no such person or `seed` has not run."""
    person = next((person for person in PEOPLE if person.id == person_id), None)
    return accounts.by_email(person.email) if person else None
