"""User accounts: sign up, sign in, and the language of a user."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload
from werkzeug.security import check_password_hash, generate_password_hash

import texts
from columns import is_id
from errors import EmailTaken, WrongCredentials
from models import User, db

UNKNOWN_USER_HASH = generate_password_hash("")


def sign_up(*, email: str, password: str, name: str, tel: str, language: str, now: datetime) -> User:
    """Create an account and return it.

    Raises:
        EmailTaken: when another account has this e-mail address.
    """
    user = User(email=texts.email(email), name=name, tel=tel, language=language, created_at=now)
    user.set_password(password)
    db.session.add(user)
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        raise EmailTaken(email) from None
    return user


def authenticate(*, email: str, password: str) -> User:
    """Return the user with this e-mail address and password.

    Raises:
        WrongCredentials: when they do not match. The error does not reveal whether the address is known.
    """
    user = by_email(email)
    # Hash in any case: a quick refusal would reveal that no account has this address.
    if not check_password_hash(user.password_hash if user else UNKNOWN_USER_HASH, password) or user is None:
        raise WrongCredentials(email)
    return user


def by_email(email: str) -> User | None:
    """Return the user with this e-mail address, as it is typed or in the form in which the shop stores addresses.

    Two accounts from before the shop had that form may differ only in it: each person finds theirs as they type it.
    """
    forms = (email.strip().lower(), texts.email(email))
    found = {user.email: user for user in db.session.scalars(select(User).where(User.email.in_(forms)))}
    return found.get(forms[0]) or found.get(forms[1])


def find(user_id: int) -> User | None:
    """Return the user with this number, if there is one."""
    return db.session.get(User, user_id) if is_id(user_id) else None


def newest(*, limit: int = 50) -> Sequence[User]:
    """Return the accounts that were created last, the newest first, with their subscriptions."""
    return db.session.scalars(
        select(User).order_by(User.id.desc()).limit(limit).options(selectinload(User.subscriptions))
    ).all()


def set_language(user: User, language: str) -> None:
    """Store the language that the user reads, for mail, order names and the next visit."""
    if user.language != language:
        user.language = language
        db.session.commit()
