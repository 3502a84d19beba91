"""A shop whose subscriptions are due, for workers that run as processes of their own against the sandbox."""

import os
from dataclasses import replace
from datetime import timedelta

import clock
from models import db
from services import catalog
from services.desk import Desk
from tests.factories import make_user, subscribe
from tests.fakes import FakeIamport

CARD = {"pg": "html5_inicis", "card_number": "4242-4242-4242-4242", "expiry": "2099-12"}
"""A card that is always approved, at the PG of the guide by which the subscriptions were bought."""


def environment(*, database: str, service: str, public_url: str = "http://shop.test") -> dict[str, str]:
    """Return the environment of a shop with this database that charges at the sandbox at the address `service`."""
    return {
        **os.environ,
        "DEMO": "1",
        "SECRET_KEY": "not-a-secret-in-a-test",
        "DATABASE_URL": database,
        "PUBLIC_URL": public_url,
        "IMP_API_URL": service,
        "IMP_SDK_URL": f"{service}/v1/iamport.js",
        "IMP_CODE": "imp00000000",
        "IMP_KEY": "sandbox_key",
        "IMP_SECRET": "sandbox_secret",
    }


def sell(desk: Desk, *, count: int) -> list[str]:
    """Create the tables, and subscriptions that are due for one period each. Return the `customer_uid` of each."""
    db.create_all()
    catalog.seed()
    plan, long_ago = catalog.plan_on_sale("coffee-monthly"), clock.now() - timedelta(days=40)
    windows = replace(desk, client=FakeIamport())  # type: ignore[arg-type]
    buyers = [make_user(f"buyer{n}@example.com") for n in range(count)]
    due = [subscribe(windows, buyer, plan, now=long_ago) for buyer in buyers]
    keys = [subscription.billing_key.customer_uid for subscription in due if subscription.billing_key]
    db.session.commit()
    return keys


def close_database() -> None:
    """Close this process's connections to the shop's database."""
    db.session.remove()
    db.engine.dispose()
