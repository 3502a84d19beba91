"""One-time sign-ins for a phone: each opens one page as one sample shopper, once, within five minutes.

The database keeps a hash of the token, so that neither it nor a log leads into an account. All times are machine time.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, select, update

from demo.tables import phone_codes
from models import Order, User, db
from states import OrderPurpose

LIFETIME = timedelta(minutes=5)
ID_LENGTH = 16
"""Characters of the hash that name a code. They lead to no token."""
KEPT = timedelta(days=1)
"""How long a used or expired code is known, so that a phone which opens it again receives the reason."""


class Gone(Exception):
    """The code does not sign in. `code` is one of `demo.refusals.REFUSALS`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Run:
    """A guide run of a person: its id, and its order by id and `merchant_uid`."""

    run_id: str
    order_id: int
    merchant_uid: str


def issue(user: User, target: str, *, now: datetime) -> str:
    """Return the token of a new code that opens `target` as this person. It replaces the person's open code."""
    token = secrets.token_urlsafe(16)
    of_user, is_open = phone_codes.c.user_id == user.id, phone_codes.c.used_at.is_(None)
    db.session.execute(delete(phone_codes).where((of_user & is_open) | (phone_codes.c.issued_at < now - KEPT)))
    row = {"token_hash": _hash(token), "user_id": user.id, "target": target}
    db.session.execute(phone_codes.insert().values(**row, issued_at=now, expires_at=now + LIFETIME))
    db.session.commit()
    return token


def use(token: str, *, now: datetime) -> tuple[User, str]:
    """Use up a code, and return the person whom it signs in and the page that it opens.

    Raises:
        Gone: when it was used before, has expired, was replaced or never existed.
    """
    row = phone_codes.c.token_hash == _hash(token)
    is_open = phone_codes.c.used_at.is_(None) & (phone_codes.c.expires_at > now)
    used = db.session.execute(update(phone_codes).where(row, is_open).values(used_at=now))
    code = db.session.execute(select(phone_codes).where(row)).one_or_none()
    db.session.commit()
    user = db.session.get(User, code.user_id) if code is not None else None
    if user is None or user.is_staff or code is None or code.used_at is None:
        raise Gone("phone_code_expired")
    if used.rowcount != 1:  # type: ignore[attr-defined]
        raise Gone("phone_code_used")
    return user, code.target


def opened(user: User) -> str:
    """Return the id of the person's latest code if a phone has used it, else ''."""
    latest = select(phone_codes).where(phone_codes.c.user_id == user.id).order_by(phone_codes.c.issued_at.desc())
    code = db.session.execute(latest.limit(1)).one_or_none()
    return str(code.token_hash)[:ID_LENGTH] if code is not None and code.used_at is not None else ""


def latest_run(user: User, guide_id: str, *, after: int = 0) -> Run | None:
    """Return the person's newest run of the guide whose order has an id above `after`, or None."""
    order = db.session.scalar(
        select(Order)
        .where(Order.user_id == user.id, Order.guide_id == guide_id, Order.id > after)
        .where(Order.run_id.is_not(None), Order.purpose != OrderPurpose.CHARGE)
        .order_by(Order.id.desc())
        .limit(1)
    )
    return Run(str(order.run_id), order.id, order.merchant_uid) if order is not None else None


def id_of(token: str) -> str:
    """Return by which id `opened` names the code of this token."""
    return _hash(token)[:ID_LENGTH]


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
